/** Buckets of the template: their expiration rules, and what the simulated S3 would not do as declared. */
import type { ExpirationRule } from '../cloud/s3.ts';
import { TemplateError } from './errors.ts';
import { asList, isObject, listAt, numberAt, objectAt, optional, stringAt, type JsonObject } from './json.ts';

/** Those that change nothing that is simulated: versions and half-done uploads are never looked at. */
const ruleKeys = new Set([
  'AbortIncompleteMultipartUpload',
  'ExpirationInDays',
  'ExpiredObjectDeleteMarker',
  'Id',
  'NoncurrentVersionExpiration',
  'Prefix',
  'Status',
]);

/** @throws TemplateError for what isn't simulated */
export function readExpirationRules(properties: JsonObject, logicalId: string): ExpirationRule[] {
  checkEncryption(properties['BucketEncryption'], `${logicalId}/BucketEncryption`);
  const at = `${logicalId}/LifecycleConfiguration`;
  const { Rules = [], ...others } = objectAt(properties['LifecycleConfiguration'] ?? {}, at);
  for (const key of Object.keys(others)) throw new TemplateError(`${at}/${key}`, 'this property is not simulated');
  return listAt(Rules, `${at}/Rules`).flatMap((rule, index) => readRule(objectAt(rule, at), `${at}/Rules/${index}`));
}

function readRule(rule: JsonObject, at: string): ExpirationRule[] {
  for (const key of Object.keys(rule)) {
    if (!ruleKeys.has(key)) throw new TemplateError(`${at}/${key}`, 'this property of a rule is not simulated');
  }
  const days = optional(rule['ExpirationInDays'], `${at}/ExpirationInDays`, numberAt);
  if (days === undefined || rule['Status'] !== 'Enabled') return [];
  if (!Number.isInteger(days) || days < 1)
    throw new TemplateError(`${at}/ExpirationInDays`, 'expected whole days from 1');
  return [{ prefix: optional(rule['Prefix'], `${at}/Prefix`, stringAt) ?? '', days }];
}

/** With a key of one's own, readers and writers would need it, too. */
function checkEncryption(encryption: unknown, at: string): void {
  if (encryption === undefined) return;
  for (const rule of asList(objectAt(encryption, at)['ServerSideEncryptionConfiguration'])) {
    const byDefault = objectAt(rule, at)['ServerSideEncryptionByDefault'];
    const algorithm = isObject(byDefault) ? byDefault['SSEAlgorithm'] : 'AES256';
    if (algorithm !== 'AES256') throw new TemplateError(at, `${String(algorithm)} is not simulated, only AES256`);
  }
}
