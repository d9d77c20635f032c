import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../../simulator/clock.ts';
import { type Authorizer, SimulatedCloud } from '../../../simulator/cloud/cloud.ts';
import { type ExpirationRule, SimulatedS3 } from '../../../simulator/cloud/s3.ts';
import { connectTo, simulatedClientDefaults } from '../../../simulator/cloud/seam.ts';
import { AwsError } from '../../../simulator/cloud/service.ts';

const startMs = Date.parse('2026-11-21T10:30:00.250Z');
const principal = { roleArn: 'arn:aws:iam::123456789012:role/sweep', name: 'sweep' };
const Bucket = 'pages';

function world(rules: ExpirationRule[] = [], authorizer?: Authorizer) {
  const clock = new VirtualClock(startMs);
  const cloud = new SimulatedCloud({ clock, seed: 1 });
  const s3 = cloud.add(new SimulatedS3(cloud));
  s3.createBucket(Bucket, rules);
  cloud.authorizer = authorizer;
  const client = connectTo(cloud, principal)(new S3Client({ ...simulatedClientDefaults(cloud), maxAttempts: 1 }));
  const put = (Key: string, Body: string | Uint8Array = '{}', more: object = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const get = async (Key: string) =>
    (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
  return { clock, cloud, s3, client, put, get };
}
const named = (name: string, httpStatusCode: number) =>
  expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode }) });
const etag = (text: string) => `"${createHash('md5').update(text).digest('hex')}"`;

const sha256Of = (text: string) => createHash('sha256').update(text).digest('base64');

describe('simulated S3', () => {
  it('gives back what was put, as text or bytes, described', async () => {
    const { client, put, get } = world();
    const answer = await put('a/text.json', '{"ä":1}', { ContentType: 'application/json' });
    await put('a/bytes', Uint8Array.of(0, 255));
    expect(answer.ETag).toBe(etag('{"ä":1}'));
    expect(await get('a/text.json')).toBe('{"ä":1}');
    const bytes = await client.send(new GetObjectCommand({ Bucket, Key: 'a/bytes' }));
    expect(await bytes.Body?.transformToByteArray()).toEqual(Uint8Array.of(0, 255));
    expect(await client.send(new HeadObjectCommand({ Bucket, Key: 'a/text.json' }))).toMatchObject({
      ETag: etag('{"ä":1}'),
      ContentLength: 8,
      ContentType: 'application/json',
      LastModified: new Date('2026-11-21T10:30:00Z'),
    });
  });

  it('hands out a body that can be read once, as a stream too', async () => {
    const { client, put } = world();
    await put('k', 'hello');
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    await Body?.transformToString();
    await expect(Body?.transformToString()).rejects.toThrow('already been transformed');
    const again = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    const chunks: Buffer[] = [];
    for await (const chunk of again.Body as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('hello');
  });

  it('keeps its own copy of the bytes', async () => {
    const { put, get } = world();
    const bytes = new TextEncoder().encode('before');
    await put('k', bytes);
    bytes.fill(120);
    expect(await get('k')).toBe('before');
  });

  it('shows a write, an overwrite and a deletion at once', async () => {
    const { client, put, get, s3 } = world();
    await put('k', '1');
    await put('k', '2');
    expect(await get('k')).toBe('2');
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    await expect(get('k')).rejects.toEqual(named('NoSuchKey', 404));
    expect(s3.keys(Bucket)).toEqual([]);
    // Deleting what isn't there is no error.
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  });

  it('says what is missing', async () => {
    const { client, put } = world();
    await expect(client.send(new GetObjectCommand({ Bucket: 'other', Key: 'k' }))).rejects.toEqual(
      named('NoSuchBucket', 404),
    );
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).rejects.toEqual(named('NotFound', 404));
    await expect(put('x'.repeat(1025))).rejects.toEqual(named('KeyTooLongError', 400));
    await put('x'.repeat(1024));
  });

  it('writes on conditions: only a new key, only over the version that was read', async () => {
    const { put, get } = world();
    await put('k', '1', { IfNoneMatch: '*' });
    await expect(put('k', '2', { IfNoneMatch: '*' })).rejects.toEqual(named('PreconditionFailed', 412));
    expect(await get('k')).toBe('1');
    await expect(put('k', '3', { IfMatch: etag('2') })).rejects.toEqual(named('PreconditionFailed', 412));
    await put('k', '3', { IfMatch: etag('1') });
    expect(await get('k')).toBe('3');
  });

  it('refuses a body that is not what its checksum says', async () => {
    const { put, s3 } = world();
    await put('k', 'right', { ChecksumSHA256: sha256Of('right') });
    await expect(put('other', 'wrong', { ChecksumSHA256: sha256Of('right') })).rejects.toEqual(named('BadDigest', 400));
    expect(s3.keys(Bucket)).toEqual(['k']);
  });

  it('lists by prefix, in the order of the bytes, page by page', async () => {
    const { client, put } = world();
    for (const key of ['p/2', 'p/10', 'p/1', 'q/1']) await put(key, key);
    const list = (more: object = {}) => client.send(new ListObjectsV2Command({ Bucket, Prefix: 'p/', ...more }));
    const first = await list({ MaxKeys: 2 });
    expect(first).toMatchObject({ KeyCount: 2, IsTruncated: true });
    expect(first.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([
      ['p/1', 3],
      ['p/10', 4],
    ]);
    const second = await list({ MaxKeys: 2, ContinuationToken: first.NextContinuationToken });
    expect(second).toMatchObject({ KeyCount: 1, IsTruncated: false, Contents: [{ Key: 'p/2', ETag: etag('p/2') }] });
    expect(await list({ Prefix: 'none/' })).not.toHaveProperty('Contents');
  });

  it('refuses inputs that it does not simulate', async () => {
    const { client } = world();
    await expect(client.send(new GetObjectCommand({ Bucket, Key: 'k', Range: 'bytes=0-1' }))).rejects.toThrow('Range');
    await expect(client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }))).rejects.toThrow('Delimiter');
  });

  it('expires objects of a prefix at the midnight after their days', async () => {
    const { clock, put, get, s3 } = world([
      { prefix: 'sweeps/', days: 3 },
      { prefix: 'sweeps/short/', days: 1 },
    ]);
    for (const key of ['sweeps/1', 'sweeps/short/1', 'kept/1']) await put(key);
    await clock.run(Date.parse('2026-11-22T23:59:59.999Z'));
    expect(s3.keys(Bucket)).toEqual(['kept/1', 'sweeps/1', 'sweeps/short/1']);
    await clock.run(Date.parse('2026-11-23T00:00:00Z'));
    expect(s3.keys(Bucket)).toEqual(['kept/1', 'sweeps/1']);
    await clock.run(Date.parse('2026-11-24T23:59:59.999Z'));
    expect(await get('sweeps/1')).toBe('{}');
    await clock.run(Date.parse('2026-11-25T00:00:00Z'));
    await expect(get('sweeps/1')).rejects.toEqual(named('NoSuchKey', 404));
    expect(s3.keys(Bucket)).toEqual(['kept/1']);
  });
});

const only =
  (...allowed: string[]): Authorizer =>
  (_principal, needed) => {
    for (const { action, resources } of needed) {
      for (const resource of resources) {
        if (!allowed.includes(`${action} ${resource}`)) throw new AwsError('AccessDeniedException', resource, 403);
      }
    }
  };

describe('permissions', () => {
  it('asks for the object, or for the bucket where that is listed', async () => {
    const { client, put, get } = world(
      [],
      only('s3:PutObject arn:aws:s3:::pages/a/1', 's3:GetObject arn:aws:s3:::pages/a/1'),
    );
    await put('a/1');
    expect(await get('a/1')).toBe('{}');
    await client.send(new HeadObjectCommand({ Bucket, Key: 'a/1' }));
    await expect(put('a/2')).rejects.toEqual(named('AccessDenied', 403));
    for (const command of [
      new ListObjectsV2Command({ Bucket }),
      new DeleteObjectCommand({ Bucket, Key: 'a/1' }),
    ] as DeleteObjectCommand[]) {
      await expect(client.send(command)).rejects.toEqual(named('AccessDenied', 403));
    }
  });

  it('tells only who may list the bucket that a key is missing', async () => {
    const reading = 's3:GetObject arn:aws:s3:::pages/gone';
    const blind = world([], only(reading));
    await expect(blind.get('gone')).rejects.toEqual(named('AccessDenied', 403));
    const seeing = world([], only(reading, 's3:ListBucket arn:aws:s3:::pages'));
    await expect(seeing.get('gone')).rejects.toEqual(named('NoSuchKey', 404));
  });
});

describe('request limits', () => {
  it('allow 3,500 writes and 5,500 reads a second, for each prefix', async () => {
    const { cloud } = world();
    const call = (operation: string, Key: string) =>
      cloud.throttle.take({ service: 's3', operation, input: { Bucket, Key }, principal, atMs: startMs });
    for (let count = 0; count < 3_500; count += 1) call('PutObject', `a/${count}`);
    expect(() => call('DeleteObject', 'a/x')).toThrow(expect.objectContaining({ name: 'SlowDown' }));
    for (let count = 0; count < 5_500; count += 1) call(count % 2 === 0 ? 'GetObject' : 'HeadObject', `a/${count}`);
    expect(() => call('GetObject', 'a/x')).toThrow('reduce your request rate');
    call('PutObject', 'b/1');
    call('GetObject', 'b/1');
  });

  it('can be made tighter by operation', () => {
    const { cloud } = world();
    cloud.throttle.limit('s3:GetObject', { burst: 1, perSecond: 1 });
    const get = (Key: string) =>
      cloud.throttle.take({ service: 's3', operation: 'GetObject', input: { Bucket, Key }, principal, atMs: startMs });
    get('a/1');
    expect(() => get('b/1')).toThrow(expect.objectContaining({ name: 'SlowDown' }));
  });
});
