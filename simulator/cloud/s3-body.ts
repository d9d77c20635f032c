/** An object's content as the SDK hands it out: a stream that can be read once, with the `transformTo…` helpers. */
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

/** What `GetObjectCommandOutput.Body` offers in Node (@smithy/types SdkStreamMixin). */
export interface ObjectBody extends Readable {
  transformToByteArray(): Promise<Uint8Array>;
  transformToString(encoding?: string): Promise<string>;
  transformToWebStream(): ReadableStream;
}

/** @param bytes never changed; each body hands out a copy */
export function objectBody(bytes: Uint8Array): ObjectBody {
  let isTaken = false;
  const take = (): Buffer => {
    // @smithy/core sdk-stream-mixin: ERR_MSG_STREAM_HAS_BEEN_TRANSFORMED
    if (isTaken) throw new Error('The stream has already been transformed.');
    isTaken = true;
    return Buffer.from(bytes);
  };
  const stream = new Readable({
    read() {
      this.push(isTaken ? null : take());
    },
  });
  return Object.assign(stream, {
    transformToByteArray: async (): Promise<Uint8Array> => new Uint8Array(take()),
    transformToString: async (encoding = 'utf8'): Promise<string> => new TextDecoder(encoding).decode(take()),
    transformToWebStream: (): ReadableStream => ReadableStream.from([take()]),
  });
}
