/**
 * What each operation used of AWS, and what that costs: every function that ran for it (also those that started or woke
 * it), every call they made, every state. Lambda's time comes from the committed table of `npm run bench:functions`,
 * never from this run's own clock.
 */
import { readFileSync } from 'node:fs';
import type { Call } from '../cloud/service.ts';
import type { ExecutionRecord } from '../cloud/states-records.ts';
import type { Simulation } from '../deploy/boot.ts';
import { usdPer } from './prices.ts';

interface Used {
  /** Their retries are counted only just after they have ended. */
  executions: ExecutionRecord[];
  invocations: Record<string, number>;
  writeUnits: number;
  readUnits: number;
  metrics: number;
  notifications: number;
  events: number;
}

export interface OperationCosts {
  states: number;
  /** As billed: states entered, and retries (aws-facts 7.1). */
  transitions: number;
  /** Looks at an operation of MSK: each is an invocation and, but for the first, a retry. */
  polls: number;
  /** @throws Error where a function is not in the table */
  usd(): number;
  /** Of it, what looking cost. */
  pollsUsd(): number;
}

export interface Costs {
  of(operationId: string): OperationCosts | undefined;
}

export type FunctionTable = Record<string, { memoryMib: number; warmMs: number }>;

const kib = 1024;

const pollVerb = 'follow-operation';

export function trackCosts(simulation: Simulation, table: FunctionTable = functionTable()): Costs {
  const used = new Map<string, Used>();
  /** Who waits for it: events that wake name only the resource. */
  const operationOf = new Map<string, string>();
  const { cloud, lambda, states, dynamodb } = simulation;

  const entry = (operationId: string): Used => {
    let one = used.get(operationId);
    if (one === undefined)
      used.set(
        operationId,
        (one = {
          executions: [],
          invocations: {},
          writeUnits: 0,
          readUnits: 0,
          metrics: 0,
          notifications: 0,
          events: 0,
        }),
      );
    return one;
  };
  let pendingUnits = 0;
  const current = (): Used | undefined => {
    const operationId = lambda.current()?.tag;
    return operationId === undefined ? undefined : entry(operationId);
  };

  lambda.onInvocation((verb, payload) => {
    const operationId = operationIn(payload, operationOf);
    if (operationId !== undefined) count(entry(operationId).invocations, verb);
    return operationId;
  });
  cloud.observe({
    after: (call, outcome) => {
      if ('error' in outcome) return;
      remember(call, outcome.answer, lambda.current()?.tag, operationOf);
      if (call.operation === 'StartExecution') ofStart(call, entry);
      const mine = current() ?? ofMachine(call, entry);
      if (mine !== undefined) {
        add(mine, call, outcome.answer);
        mine.writeUnits += pendingUnits * (call.operation === 'TransactWriteItems' ? 2 : 1);
      }
      pendingUnits = 0;
    },
  });
  dynamodb.onWrite((_table, _key, before, after) => {
    const mine = current();
    if (mine === undefined) return;
    // Doubled below where the call was a transaction.
    pendingUnits += Math.max(1, Math.ceil(Math.max(sizeOf(before), sizeOf(after)) / kib));
  });
  states.observe({
    ended: (record: ExecutionRecord) => {
      const operationId = (JSON.parse(record.input) as { operationId?: string }).operationId;
      if (operationId !== undefined) entry(operationId).executions.push(record);
    },
  });

  return {
    of: (operationId) => {
      const mine = used.get(operationId);
      if (mine === undefined) return undefined;
      const polls = mine.invocations[pollVerb] ?? 0;
      return {
        states: mine.executions.reduce((sum, { statesEntered }) => sum + statesEntered, 0),
        transitions: transitionsOf(mine),
        polls,
        usd: () => priceOf(mine, table),
        pollsUsd: () => (polls === 0 ? 0 : polls * (invocationUsd(pollVerb, table) + usdPer.stateTransition)),
      };
    },
  };
}

function priceOf(mine: Used, table: FunctionTable): number {
  const lambda = Object.entries(mine.invocations).reduce(
    (sum, [verb, times]) => sum + times * invocationUsd(verb, table),
    0,
  );
  return (
    lambda +
    transitionsOf(mine) * usdPer.stateTransition +
    mine.writeUnits * usdPer.dynamodbWriteUnit +
    mine.readUnits * usdPer.dynamodbReadUnit +
    mine.metrics * usdPer.metricRead +
    mine.notifications * usdPer.snsPublish +
    mine.events * usdPer.customEvent
  );
}

const transitionsOf = ({ executions }: Used): number =>
  executions.reduce((sum, { statesEntered, retries }) => sum + statesEntered + retries, 0);

function invocationUsd(verb: string, table: FunctionTable): number {
  const known = table[verb];
  if (known === undefined)
    throw new Error(`bench/functions.table.json does not know ${verb}: npm run bench:functions -- --write`);
  const gibSeconds = (known.memoryMib / 1024) * (Math.ceil(known.warmMs) / 1000);
  return usdPer.lambdaRequest + gibSeconds * usdPer.lambdaGibSecond;
}

function functionTable(): FunctionTable {
  const file = new URL('../../bench/functions.table.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as FunctionTable;
}

/** A step's payload names its operation; an event names a volume or a command that an operation waits for. */
function operationIn(payload: string, operationOf: Map<string, string>): string | undefined {
  const event = JSON.parse(payload) as {
    operationId?: unknown;
    resources?: unknown;
    detail?: Record<string, unknown>;
  } | null;
  if (typeof event?.operationId === 'string') return event.operationId;
  const commandId = event?.detail?.['command-id'];
  if (typeof commandId === 'string') return operationOf.get(commandId);
  const [arn] = Array.isArray(event?.resources) ? (event.resources as unknown[]) : [];
  return typeof arn === 'string' ? operationOf.get(arn.slice(arn.lastIndexOf('/') + 1)) : undefined;
}

function remember(
  { service, operation, input }: Call,
  answer: unknown,
  operationId: string | undefined,
  operationOf: Map<string, string>,
): void {
  if (operationId === undefined) return;
  if (service === 'ec2' && operation === 'ModifyVolume') operationOf.set(String(input.VolumeId), operationId);
  const commandId = (answer as { Command?: { CommandId?: string } } | undefined)?.Command?.CommandId;
  if (operation === 'SendCommand' && commandId !== undefined) operationOf.set(commandId, operationId);
}

/** The function that starts an operation works for it too. */
function ofStart({ input }: Call, entry: (operationId: string) => Used): void {
  const { operationId } = JSON.parse(typeof input.input === 'string' ? input.input : '{}') as { operationId?: string };
  if (operationId !== undefined) count(entry(operationId).invocations, 'start-workflow');
}

/** Direct integrations are called by the state machine itself, with the operation in what they send. */
function ofMachine({ service, operation, input }: Call, entry: (operationId: string) => Used): Used | undefined {
  if (service !== 'events' || operation !== 'PutEvents') return undefined;
  const [first] = (input.Entries ?? []) as { Detail?: unknown }[];
  const detail = (typeof first?.Detail === 'string' ? JSON.parse(first.Detail) : first?.Detail) as
    | { operationId?: string }
    | undefined;
  return detail?.operationId === undefined ? undefined : entry(detail.operationId);
}

function add(mine: Used, { service, operation, input }: Call, answer: unknown): void {
  if (service === 'cloudwatch' && operation === 'GetMetricData')
    mine.metrics += ((input.MetricDataQueries ?? []) as unknown[]).length;
  if (service === 'sns' && operation === 'Publish') mine.notifications += 1;
  if (service === 'events' && operation === 'PutEvents') mine.events += ((input.Entries ?? []) as unknown[]).length;
  // Strongly consistent: one unit for each 4 KiB.
  if (service === 'dynamodb' && (operation === 'GetItem' || operation === 'Query'))
    mine.readUnits += Math.max(1, Math.ceil(sizeOf(answer) / (4 * kib)));
}

/** JSON is somewhat larger than DynamoDB's own counting: the estimate errs upwards. */
function sizeOf(value: unknown): number {
  return value === undefined ? 0 : JSON.stringify(value).length;
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
