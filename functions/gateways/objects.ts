/**
 * Big things as JSON objects in the bucket OBJECTS_BUCKET, handed on as references. The reference's hash is of the
 * bytes, so what is read is what was written, whoever else writes to the bucket.
 */
import { createHash } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { setting, type Wire } from '../runtime/runtime.ts';
import { answered, errorCode, type FaultTable, required, toFault } from './classify.ts';
import { retryingClient } from './client.ts';
import { ObjectDamaged, ObjectTooLarge, Throttled } from './faults.ts';
import type { ObjectsGateway, Reference } from './types.ts';

/** What a function of 512 MiB can hold twice, as text and parsed; 10,000 volumes' facts are some 10 MiB. */
const BYTES_MAX = 50 * 1024 * 1024;

const s3Faults: FaultTable = {
  SlowDown: (message, options) => new Throttled(message, options), // with HTTP 503 [S3 error responses]
};

export const objectsGateway: Wire<ObjectsGateway> = (runtime) => {
  // Putting the same twice is harmless.
  const client = runtime.connect(new S3Client(retryingClient(runtime)));

  const read = async ({ bucket, key }: Reference): Promise<Uint8Array> => {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    checkSize(answer.ContentLength ?? 0, key);
    return required(answer.Body, 'Body').transformToByteArray();
  };

  return {
    async put(key, value) {
      const bucket = setting(runtime, 'OBJECTS_BUCKET');
      const bytes = Buffer.from(JSON.stringify(value ?? null), 'utf8');
      checkSize(bytes.length, key);
      const digest = createHash('sha256').update(bytes).digest();
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: bytes,
        ContentType: 'application/json',
        ChecksumSHA256: digest.toString('base64'), // S3 refuses what arrives otherwise
      });
      await answered(client.send(command), 'mutation', s3Faults);
      return { bucket, key, sha256: digest.toString('hex') };
    },

    async get<T>(reference: Reference) {
      let bytes;
      try {
        bytes = await read(reference);
      } catch (error) {
        if (errorCode(error) === 'NoSuchKey') {
          throw new ObjectDamaged(`${reference.key} is no longer there`, { cause: error });
        }
        throw toFault(error, 'read', s3Faults);
      }
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (sha256 !== reference.sha256) {
        throw new ObjectDamaged(`${reference.key} has SHA-256 ${sha256}, not ${reference.sha256}`);
      }
      return JSON.parse(new TextDecoder().decode(bytes)) as T;
    },
  };
};

function checkSize(bytes: number, key: string): void {
  if (bytes > BYTES_MAX) throw new ObjectTooLarge(`${key} has ${bytes} bytes, more than ${BYTES_MAX}`);
}
