/**
 * Simulated S3: buckets of whole objects, strongly consistent, with conditional writes and expiry by lifecycle rules.
 *
 * Operations, errors and fields: SDK s3 (commands and models); error codes: S3 API reference, ErrorResponses. An input
 * that is not simulated (ranges, versions, delimiters) is an error, never ignored.
 */
import { createHash } from 'node:crypto';
import { operator, type SimulatedCloud } from './cloud.ts';
import { objectBody } from './s3-body.ts';
import { AwsError, type Authorization, type Call, type Principal, type Service } from './service.ts';

/** Objects whose key begins with `prefix` expire this many days after they were written. */
export interface ExpirationRule {
  prefix: string;
  days: number;
}

interface StoredObject {
  key: string;
  bytes: Uint8Array;
  etag: string;
  /** Epoch milliseconds, whole seconds as S3 shows them. */
  lastModifiedMs: number;
  contentType: string;
  checksumSha256: string | undefined;
}

interface Bucket {
  name: string;
  rules: readonly ExpirationRule[];
  objects: Map<string, StoredObject>;
  /** Expired objects were cleared away on this day. */
  clearedDay: number;
}

const dayMs = 86_400_000;
const keyBytesMax = 1024; // S3 guide object-keys
const putBytesMax = 5 * 1024 ** 3; // SDK s3 PutObject: a single upload
const pageMax = 1000; // SDK s3 ListObjectsV2Request.MaxKeys

/** The SDK adds the checksums by itself. */
const checksums = ['ChecksumAlgorithm', 'ChecksumMode', 'ChecksumCRC32'];
const knownInputs: Readonly<Record<string, readonly string[]>> = {
  PutObject: ['Body', 'ContentType', 'ContentLength', 'IfMatch', 'IfNoneMatch', 'ChecksumSHA256', 'Metadata'],
  GetObject: ['IfMatch'],
  HeadObject: [],
  DeleteObject: [],
  ListObjectsV2: ['Prefix', 'MaxKeys', 'ContinuationToken', 'StartAfter'],
};

export class SimulatedS3 implements Service {
  readonly name = 's3';
  readonly #cloud: SimulatedCloud;
  readonly #buckets = new Map<string, Bucket>();

  constructor(cloud: SimulatedCloud) {
    this.#cloud = cloud;
  }

  createBucket(name: string, rules: readonly ExpirationRule[] = []): void {
    this.#buckets.set(name, { name, rules, objects: new Map(), clearedDay: this.#today() });
  }

  /** Keys of the objects that are there now, in order: for tests and the report. */
  keys(bucketName: string, prefix = ''): string[] {
    return this.#live(this.#bucket(bucketName), prefix).map(({ key }) => key);
  }

  authorize({ operation, input }: Call): Authorization[] {
    const bucketArn = arnOf(String(input['Bucket']));
    if (operation === 'ListObjectsV2') {
      const context = { 's3:prefix': (input['Prefix'] as string | undefined) ?? '' };
      return [{ action: 's3:ListBucket', resources: [bucketArn], context }];
    }
    // SDK s3 HeadObject: "you must have the s3:GetObject permission".
    const action = operation === 'HeadObject' ? 's3:GetObject' : `s3:${operation}`;
    return [{ action, resources: [`${bucketArn}/${String(input['Key'])}`], context: {} }];
  }

  handle(call: Call): unknown {
    const { operation, input } = call;
    const known = knownInputs[operation];
    if (known === undefined) throw new Error(`the simulated S3 has no operation ${operation}`);
    for (const name of Object.keys(input)) {
      const isKnown = ['Bucket', 'Key', ...known, ...checksums].includes(name) || input[name] === undefined;
      if (!isKnown) throw new Error(`the simulated S3 does not know ${name} of ${operation}`);
    }
    const bucket = this.#bucket(String(input['Bucket']));
    switch (operation) {
      case 'PutObject':
        return this.#put(bucket, input);
      case 'GetObject':
        return this.#get(bucket, call);
      case 'HeadObject':
        return described(this.#find(bucket, call, 'NotFound'));
      case 'DeleteObject':
        bucket.objects.delete(String(input['Key']));
        return {};
      default:
        return this.#list(bucket, input);
    }
  }

  #put(bucket: Bucket, input: Record<string, unknown>): Record<string, unknown> {
    const key = String(input['Key']);
    if (Buffer.byteLength(key) > keyBytesMax) throw new AwsError('KeyTooLongError', 'Your key is too long');
    const bytes = bytesOf(input['Body']);
    if (bytes.length > putBytesMax) {
      throw new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
    }
    const checksumSha256 = input['ChecksumSHA256'] as string | undefined;
    if (checksumSha256 !== undefined && checksumSha256 !== createHash('sha256').update(bytes).digest('base64')) {
      throw new AwsError('BadDigest', 'The SHA256 you specified did not match the calculated checksum.');
    }
    this.#clear(bucket);
    this.#checkConditions(this.#current(bucket, key), input);
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    const lastModifiedMs = Math.floor(this.#cloud.clock.nowMs() / 1000) * 1000;
    const contentType = (input['ContentType'] as string | undefined) ?? 'application/octet-stream';
    bucket.objects.set(key, { key, bytes, etag, lastModifiedMs, contentType, checksumSha256 });
    return { ETag: etag, ...(checksumSha256 === undefined ? {} : { ChecksumSHA256: checksumSha256 }) };
  }

  /** SDK s3 PutObjectRequest.IfNoneMatch, IfMatch. */
  #checkConditions(before: StoredObject | undefined, { IfNoneMatch, IfMatch }: Record<string, unknown>): void {
    if (IfNoneMatch !== undefined && IfNoneMatch !== '*') {
      throw new AwsError('NotImplemented', 'A header you provided implies functionality that is not implemented', 501);
    }
    if (IfMatch !== undefined && before === undefined) throw noSuchKey();
    const holds = (IfNoneMatch === undefined || before === undefined) && matches(before, IfMatch);
    if (!holds) throw preconditionFailed();
  }

  #get(bucket: Bucket, call: Call): Record<string, unknown> {
    const found = this.#find(bucket, call, 'NoSuchKey');
    if (!matches(found, call.input['IfMatch'])) throw preconditionFailed();
    return { ...described(found), Body: objectBody(found.bytes) };
  }

  #list(bucket: Bucket, input: Record<string, unknown>): Record<string, unknown> {
    const prefix = (input['Prefix'] as string | undefined) ?? '';
    const maxKeys = Math.min(Number(input['MaxKeys'] ?? pageMax), pageMax);
    const after = (input['ContinuationToken'] ?? input['StartAfter']) as string | undefined;
    const all = this.#live(bucket, prefix).filter(({ key }) => after === undefined || compare(key, after) > 0);
    const page = all.slice(0, maxKeys);
    const isTruncated = page.length < all.length;
    return {
      Name: bucket.name,
      Prefix: prefix,
      MaxKeys: maxKeys,
      KeyCount: page.length,
      IsTruncated: isTruncated,
      ...(page.length === 0 ? {} : { Contents: page.map(listed) }),
      ...(isTruncated ? { NextContinuationToken: page.at(-1)?.key } : {}),
    };
  }

  /** The keys in the order of their UTF-8 bytes. */
  #live(bucket: Bucket, prefix: string): StoredObject[] {
    const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix));
    return keys.flatMap((key) => this.#current(bucket, key) ?? []).toSorted((a, b) => compare(a.key, b.key));
  }

  /** Without s3:ListBucket one does not even learn that it is missing (SDK s3 GetObjectCommand, HeadObjectCommand). */
  #find(bucket: Bucket, { input, principal }: Call, missing: 'NoSuchKey' | 'NotFound'): StoredObject {
    const found = this.#current(bucket, String(input['Key']));
    if (found !== undefined) return found;
    this.#checkMayList(bucket, principal);
    throw missing === 'NoSuchKey' ? noSuchKey() : new AwsError('NotFound', 'UnknownError', 404);
  }

  #checkMayList(bucket: Bucket, principal: Principal): void {
    if (principal === operator) return;
    const context = { 's3:prefix': '' };
    try {
      this.#cloud.authorizer?.(principal, [{ action: 's3:ListBucket', resources: [arnOf(bucket.name)], context }]);
    } catch (error) {
      if (error instanceof AwsError) throw new AwsError('AccessDenied', error.message, 403);
      throw error;
    }
  }

  #current(bucket: Bucket, key: string): StoredObject | undefined {
    const found = bucket.objects.get(key);
    if (found === undefined || this.#cloud.clock.nowMs() < expiresMs(found, bucket.rules)) return found;
    bucket.objects.delete(key);
    return undefined;
  }

  /** Once a day, so that nobody has to come by for each. */
  #clear(bucket: Bucket): void {
    if (bucket.clearedDay === this.#today()) return;
    bucket.clearedDay = this.#today();
    for (const key of bucket.objects.keys()) this.#current(bucket, key);
  }

  #today(): number {
    return Math.floor(this.#cloud.clock.nowMs() / dayMs);
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    return bucket;
  }
}

/**
 * Written time plus days, rounded up to the next midnight UTC (S3 guide, intro-lifecycle-rules; one written exactly at
 * midnight: to the following one [?]). S3 queues expired objects and removes them a while later; here they go at once.
 */
function expiresMs({ key, lastModifiedMs }: StoredObject, rules: readonly ExpirationRule[]): number {
  const days = rules.filter(({ prefix }) => key.startsWith(prefix)).map((rule) => rule.days);
  return days.length === 0 ? Infinity : (Math.floor(lastModifiedMs / dayMs) + Math.min(...days) + 1) * dayMs;
}

function described({ bytes, etag, lastModifiedMs, contentType, checksumSha256 }: StoredObject) {
  return {
    ETag: etag,
    ContentLength: bytes.length,
    ContentType: contentType,
    LastModified: new Date(lastModifiedMs),
    ...(checksumSha256 === undefined ? {} : { ChecksumSHA256: checksumSha256 }),
  };
}

function listed({ key, bytes, etag, lastModifiedMs }: StoredObject) {
  return {
    Key: key,
    LastModified: new Date(lastModifiedMs),
    ETag: etag,
    Size: bytes.length,
    StorageClass: 'STANDARD',
  };
}

function matches(found: StoredObject | undefined, ifMatch: unknown): boolean {
  return ifMatch === undefined || ifMatch === found?.etag;
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return Uint8Array.from(body);
  throw new Error('the simulated S3 takes a Body of text or bytes');
}

function arnOf(bucketName: string): string {
  return `arn:aws:s3:::${bucketName}`;
}

function compare(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function noSuchKey(): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
}

function preconditionFailed(): AwsError {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new AwsError('PreconditionFailed', message, 412);
}
