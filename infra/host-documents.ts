/**
 * The two SSM documents that run on brokers: one looks, one grows a file system. Updated in place as new versions, under
 * fixed names, so that permissions and event rules can name them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { hostDocuments } from '../functions/storage/ec2/host/documents.ts';
import { projectRoot } from './bundle.ts';

export class HostDocuments extends Construct {
  readonly growFilesystem: CfnDocument;
  readonly inspectVolume: CfnDocument;

  constructor(scope: Construct, id: string, prefix: string) {
    super(scope, id);
    const contents = hostDocuments((name) =>
      readFileSync(join(projectRoot, 'functions/storage/ec2/host', name), 'utf8'),
    );
    this.growFilesystem = this.document('GrowFilesystem', `${prefix}-grow-filesystem`, contents.growFilesystem);
    this.inspectVolume = this.document('InspectVolume', `${prefix}-inspect-volume`, contents.inspectVolume);
  }

  private document(id: string, name: string, content: object): CfnDocument {
    return new CfnDocument(this, id, {
      name,
      documentType: 'Command',
      documentFormat: 'JSON',
      targetType: '/AWS::EC2::Instance',
      updateMethod: 'NewVersion',
      content,
    });
  }
}
