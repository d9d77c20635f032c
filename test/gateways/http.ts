/**
 * HTTP in, HTTP out: a client's requests are really serialized, its answers really parsed. Answers are given in order;
 * what was sent is kept.
 */
import { Readable } from 'node:stream';
import type { Runtime, SdkClient } from '../../functions/runtime/runtime.ts';

interface Request {
  path: string;
  query: Record<string, unknown>;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}

/** What a service answers: a status and a body, or an error of the connection. */
export type Reply = { status: number; body: string; headers?: Record<string, string> } | Error;

export interface Wired {
  runtime: Runtime;
  /** Bodies as they went over the wire. */
  bodies: string[];
  requests: Request[];
}

export const NOW_MS = Date.UTC(2026, 0, 15, 10, 0, 0);

/** @param reply is called with each request's body and its number from 0 */
export function wired(reply: (body: string, count: number) => Reply, environment: Record<string, string> = {}): Wired {
  const bodies: string[] = [];
  const requests: Request[] = [];
  const requestHandler = {
    handle(request: Request) {
      const body = typeof request.body === 'object' ? new TextDecoder().decode(request.body) : (request.body ?? '');
      bodies.push(body);
      requests.push(request);
      const answer = reply(body, bodies.length - 1);
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve({
        response: {
          statusCode: answer.status,
          headers: { 'x-amzn-requestid': 'r-1', ...answer.headers },
          body: Readable.from([Buffer.from(answer.body)]),
        },
      });
    },
    destroy: () => undefined,
    metadata: { handlerProtocol: 'http/1.1' },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  const runtime: Runtime = {
    clock: { nowMs: () => NOW_MS },
    environment,
    readText: () => '',
    clientDefaults: { region: 'eu-central-1', credentials: { accessKeyId: 'A', secretAccessKey: 'S' } },
    connect: <C extends SdkClient>(client: C): C => {
      const { config } = client as unknown as {
        config: { requestHandler: unknown };
      };
      config.requestHandler = requestHandler;
      return client;
    },
    logLevel: 'SILENT',
  };
  return { runtime, bodies, requests };
}

export const xml = (body: string, status = 200): Reply => ({
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  headers: { 'content-type': 'text/xml;charset=UTF-8' },
});

/** EC2's error form. */
export const ec2Error = (code: string, message: string, status = 400): Reply =>
  xml(
    `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>r-1</RequestID></Response>`,
    status,
  );

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Reply => ({
  status,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/x-amz-json-1.1', ...headers },
});

/** The error form of AWS's JSON protocols. */
export const jsonError = (code: string, message: string, status = 400): Reply =>
  json({ __type: `com.amazonaws.service#${code}`, message }, status, { 'x-amzn-errortype': code });

/** A form's fields, as the query protocols send them. */
export const form = (body: string | undefined): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(body ?? ''));
