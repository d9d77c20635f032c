/**
 * What is too large for a state of a workflow: the pages of a sweep. Nothing in it lasts: each sweep writes its own, and a
 * week is longer than anybody looks back. CloudFormation deletes an empty bucket only: docs/deploy.md, "Uninstall".
 *
 * Encryption: S3's own keys. It holds ids, sizes and reasons, no records and no secrets.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** Starts every key. */
export const sweepsPrefix = 'sweeps/';

export function newObjectsBucket(scope: Construct, id: string): IBucket {
  const bucket = new Bucket(scope, id, {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    lifecycleRules: [{ id: 'sweeps', prefix: sweepsPrefix, expiration: Duration.days(7) }],
    removalPolicy: RemovalPolicy.DESTROY,
  });
  acknowledge(
    bucket,
    'AwsSolutions-S1',
    'Ids and sizes that are gone in a week, read by functions of this stack only: CloudTrail names them, an access log would need a bucket of its own.',
  );
  return bucket as IBucket;
}
