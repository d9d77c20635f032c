/**
 * DynamoDB for tests: the simulated one, or a DynamoDB Local at an address. Both answer beneath the SDK's retries, and
 * either can lose answers: the write happens, the caller gets a time-out, the SDK tries again.
 */
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ledgerTable } from '../../functions/gateways/ledger/table.ts';
import type { Runtime, SdkClient } from '../../functions/runtime/runtime.ts';
import { DynamoDbService } from '../../simulator/cloud/dynamodb/service.ts';
import { virtualRetryStrategy } from '../../simulator/cloud/retry.ts';

/** One table of the ledger's shape, empty. */
export interface TestTable {
  name: string;
  runtime: Runtime;
  /** A plain client to the same place. */
  client: DynamoDBClient;
  /** The next so many answers to writes are lost on their way back. */
  loseAnswers(count: number): void;
  /** Runs right before the next write arrives: somebody else was quicker. */
  beforeNextWrite(work: () => Promise<unknown>): void;
  /** The next so many calls are refused with this error, without effect. */
  refuse(count: number, error: { name: string; httpStatusCode: number; members?: Record<string, unknown> }): void;
  /** Calls that arrived, each attempt of a repeated one. */
  calls: string[];
}

export type MakeTable = () => Promise<TestTable>;

interface HandlerArguments {
  input: Record<string, unknown>;
}
type Handler = (args: HandlerArguments) => Promise<unknown>;
type Middleware = (next: Handler, context: { commandName?: string }) => Handler;
interface Retrying {
  config: { maxAttempts: () => Promise<number>; retryStrategy: () => Promise<unknown> };
}
interface Stack {
  addRelativeTo(middleware: Middleware, options: Record<string, unknown>): void;
}

const startMs = Date.UTC(2026, 10, 21, 12);
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const writes = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems']);

/** Time moves only by `advance`. */
export class TestClock {
  #nowMs = startMs;

  nowMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}

export function simulatedTable(clock = new TestClock()): { table: TestTable; service: DynamoDbService } {
  const service = new DynamoDbService({ clock, account: '123456789012', region: 'eu-central-1' });
  service.createTable({ TableName: 'ledger', ...ledgerTable });
  return { table: testTable('ledger', {}, service, clock), service };
}

let tables = 0;

/**
 * @param endpoint e.g. `http://127.0.0.1:8000`
 * @param label keeps the tables of one suite apart from another's, which counts for itself
 */
export async function localTable(endpoint: string, label: string): Promise<TestTable> {
  const name = `${label}-${process.pid}-${++tables}`;
  const table = testTable(name, { endpoint });
  const { TimeToLiveSpecification: _, ...schema } = ledgerTable;
  await table.client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: schema.BillingMode,
      AttributeDefinitions: [...schema.AttributeDefinitions],
      KeySchema: [...schema.KeySchema],
      GlobalSecondaryIndexes: schema.GlobalSecondaryIndexes.map((index) => ({
        ...index,
        KeySchema: [...index.KeySchema],
      })),
    }),
  );
  table.calls.length = 0;
  return table;
}

/** The address that `test/dynamodb/run.sh` gives. */
export function localEndpoint(): string {
  const endpoint = process.env.DYNAMODB_ENDPOINT;
  if (endpoint === undefined) throw new Error('run this suite by `npm run test:dynamodb`');
  return endpoint;
}

function testTable(
  name: string,
  where: { endpoint?: string },
  service?: DynamoDbService,
  clock = new TestClock(),
): TestTable {
  const clientDefaults = { region: 'eu-central-1', credentials, ...where };
  const calls: string[] = [];
  let lost = 0;
  let before: (() => Promise<unknown>) | undefined;
  let refusals: Error[] = [];

  const answering: Middleware = (next, context) => async (args) => {
    const operation = context.commandName?.replace(/Command$/, '') ?? '';
    calls.push(operation);
    const refusal = refusals.shift();
    if (refusal !== undefined) throw refusal;
    if (writes.has(operation) && before !== undefined) {
      const work = before;
      before = undefined;
      await work();
    }
    const answer = service === undefined ? await next(args) : answerOf(service, operation, args.input, clock);
    if (lost > 0 && writes.has(operation)) {
      lost -= 1;
      throw awsError({ name: 'TimeoutError', httpStatusCode: 0 });
    }
    return answer;
  };
  const connect = <C extends SdkClient>(client: C): C => {
    const { config } = client as unknown as Retrying;
    // The SDK's own decisions about retries, without their waiting.
    const retries = virtualRetryStrategy(
      { sleep: () => Promise.resolve() },
      () => 0,
      () => config.maxAttempts(),
    );
    config.retryStrategy = () => Promise.resolve(retries);
    (client.middlewareStack as Stack).addRelativeTo(answering, {
      name: 'testTable',
      relation: 'after',
      toMiddleware: 'retryMiddleware',
      override: true,
    });
    return client;
  };

  return {
    name,
    runtime: {
      clock,
      environment: { LEDGER_TABLE: name },
      readText: () => '',
      clientDefaults,
      connect,
      logLevel: 'ERROR',
    },
    client: connect(new DynamoDBClient(clientDefaults)),
    loseAnswers: (count) => {
      lost = count;
    },
    beforeNextWrite: (work) => {
      before = work;
    },
    refuse: (count, error) => {
      refusals = Array.from({ length: count }, () => awsError(error));
    },
    calls,
  };
}

function answerOf(
  service: DynamoDbService,
  operation: string,
  input: Record<string, unknown>,
  clock: TestClock,
): { response: object; output: object } {
  const principal = { roleArn: 'arn:aws:iam::123456789012:role/test', name: 'test' };
  const answer = service.handle({ service: 'dynamodb', operation, input, principal, atMs: clock.nowMs() });
  return {
    response: { statusCode: 200, headers: {} },
    output: { ...(answer as object), $metadata: { httpStatusCode: 200 } },
  };
}

function awsError({
  name,
  httpStatusCode,
  members = {},
}: {
  name: string;
  httpStatusCode: number;
  members?: Record<string, unknown>;
}): Error {
  return Object.assign(new Error(name), { name, $fault: 'client', $metadata: { httpStatusCode }, ...members });
}
