/**
 * AWS on the loopback: answers each call of the functions' clients with a small valid answer, and writes down what was
 * asked. A client names its function in the path: `http://127.0.0.1:…/<verb>`. `/<verb>/reset` sets its ledger back.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerTo } from './answers.ts';
import { type Call, callOf } from './requests.ts';
import { StubLedger } from './stub-ledger.ts';

/** One that was answered with an error is expected to be: the ledger's conditions are questions. */
export type AnsweredCall = Call & {
  refused: boolean;
  /** Calls of one turn came before any of them was answered: side by side, as far as `answerAfterMs` tells them apart. */
  turn: number;
};

export interface StubAws {
  url: string;
  answerAfterMs: number;
  ledgerOf(verb: string): StubLedger;
  /** What was asked since the last time, in order. */
  taken(): AnsweredCall[];
  close(): void;
}

export async function startStubAws(): Promise<StubAws> {
  let asked: AnsweredCall[] = [];
  let turn = 0;
  /** One of this turn. */
  let isAnswered = true;
  const ledgers = new Map<string, StubLedger>();
  const ledgerOf = (verb: string): StubLedger => {
    const ledger = ledgers.get(verb) ?? new StubLedger();
    ledgers.set(verb, ledger);
    return ledger;
  };
  const answer = (verb: string, call: Call): string => {
    const [service, name = ''] = call.operation.split(':');
    if (service !== 'dynamodb') return answerTo(call.operation, call.input, verb);
    return JSON.stringify(ledgerOf(verb).answer(name, call.input));
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '', 'http://stub');
      const [, verb = ''] = url.pathname.split('/');
      url.pathname = url.pathname.slice(`/${verb}`.length);
      if (url.pathname === '/reset') {
        ledgerOf(verb).reset();
        response.end();
        return;
      }
      const call = callOf(request, url, Buffer.concat(chunks).toString('utf8'));
      const text = answer(verb, call);
      const refused = text.startsWith('{"__type"');
      if (isAnswered) turn += 1;
      isAnswered = false;
      const own = turn;
      asked.push({ ...call, refused, turn });
      const type = text.startsWith('<') ? 'text/xml' : 'application/x-amz-json-1.0';
      const send = () => {
        isAnswered ||= own === turn;
        response.writeHead(refused ? 400 : 200, { 'content-type': type, 'x-amzn-requestid': 'bench' }).end(text);
      };
      if (stub.answerAfterMs > 0) setTimeout(send, stub.answerAfterMs);
      else send();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const stub: StubAws = {
    answerAfterMs: 0,
    ledgerOf,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => {
      const taken = asked;
      asked = [];
      return taken;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return stub;
}
