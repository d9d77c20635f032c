import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { objectsGateway } from '../../functions/gateways/objects.ts';
import { type Reply, wired, xml } from './http.ts';

const environment = { OBJECTS_BUCKET: 'demo-objects' };
const TEXT = '{"volumes":["vol-1","Größe"]}';
const sha256 = (text: string, encoding: 'hex' | 'base64') => createHash('sha256').update(text).digest(encoding);
const reference = { bucket: 'demo-objects', key: 'sweeps/1.json', sha256: sha256(TEXT, 'hex') };
const s3Error = (code: string, status: number) =>
  xml(`<Error><Code>${code}</Code><Message>no</Message></Error>`, status);
const MAX = 50 * 1024 * 1024;

describe('put', () => {
  it('writes JSON to the bucket and refers to its bytes', async () => {
    const { runtime, requests, bodies } = wired(() => ({ status: 200, body: '' }), environment);
    await expect(objectsGateway(runtime).put('sweeps/1.json', { volumes: ['vol-1', 'Größe'] })).resolves.toEqual(
      reference,
    );
    expect(requests[0]).toMatchObject({
      method: 'PUT',
      hostname: 'demo-objects.s3.eu-central-1.amazonaws.com',
      path: '/sweeps/1.json',
      headers: { 'content-type': 'application/json', 'x-amz-checksum-sha256': sha256(TEXT, 'base64') },
    });
    expect(bodies[0]).toBe(TEXT);
  });

  it.each([
    ['at the limit: written', MAX - 2, undefined],
    ['a byte above: not sent', MAX - 1, 'ObjectTooLarge'],
  ])('%s', async (_title, letters, name) => {
    const { runtime, requests } = wired(() => ({ status: 200, body: '' }), environment);
    const outcome = await objectsGateway(runtime)
      .put('big', 'x'.repeat(letters)) // two quotes around it
      .then(
        () => undefined,
        (error: unknown) => (error as Error).name,
      );
    expect(outcome).toBe(name);
    expect(requests).toHaveLength(name === undefined ? 1 : 0);
  });

  it('in doubt says so', async () => {
    const { runtime } = wired(() => s3Error('InternalError', 500), environment);
    await expect(objectsGateway(runtime).put('a', 1)).rejects.toMatchObject({ name: 'AnswerLost' });
  });

  it('without its bucket is a defect', async () => {
    const { runtime } = wired(() => ({ status: 200, body: '' }));
    await expect(objectsGateway(runtime).put('a', 1)).rejects.toMatchObject({ name: 'MissingSetting' });
  });
});

const getting = (reply: Reply) => objectsGateway(wired(() => reply).runtime).get(reference);

describe('get', () => {
  it('gives what the reference says', async () => {
    const { runtime, requests } = wired(() => ({ status: 200, body: TEXT }));
    await expect(objectsGateway(runtime).get(reference)).resolves.toEqual({ volumes: ['vol-1', 'Größe'] });
    expect(requests[0]).toMatchObject({ method: 'GET', path: '/sweeps/1.json' });
  });

  it.each([
    ['changed', { status: 200, body: TEXT.replace('vol-1', 'vol-2') }, 'ObjectDamaged'],
    ['cut', { status: 200, body: TEXT.slice(0, -1) }, 'ObjectDamaged'],
    ['gone', s3Error('NoSuchKey', 404), 'ObjectDamaged'],
    ['far too large', { status: 200, body: 'x', headers: { 'content-length': String(MAX + 1) } }, 'ObjectTooLarge'],
    ['closed to us', s3Error('AccessDenied', 403), 'AccessDenied'],
  ])('an object that is %s', async (_title, reply, name) => {
    await expect(getting(reply)).rejects.toMatchObject({ name });
  });

  it('is asked for again by the SDK when S3 asks to slow down, and then says so', async () => {
    const { runtime, requests } = wired(() => s3Error('SlowDown', 503));
    await expect(objectsGateway(runtime).get(reference)).rejects.toMatchObject({ name: 'Throttled' });
    expect(requests.length).toBeGreaterThan(1);
  });
});
