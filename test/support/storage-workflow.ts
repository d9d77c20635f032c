/**
 * Runs `storage-scaling.asl.json` in the interpreter with the real steps over a small world (`storage-world.ts`). Waiting
 * states are woken as EBS's events would; where nobody is woken for long, the heartbeat is missed.
 */
import { readFileSync } from 'node:fs';
import { apply } from '../../functions/storage/apply.step.ts';
import { approve } from '../../functions/storage/approve.step.ts';
import { awaitCompleted } from '../../functions/storage/await-completed.step.ts';
import { awaitUsable } from '../../functions/storage/await-usable.step.ts';
import { decide } from '../../functions/storage/decide.step.ts';
import { followOperation } from '../../functions/storage/follow-operation.step.ts';
import { growFilesystem } from '../../functions/storage/grow-filesystem.step.ts';
import { inspect } from '../../functions/storage/inspect.step.ts';
import { observe } from '../../functions/storage/observe.step.ts';
import { record } from '../../functions/storage/record.step.ts';
import { rememberInspection } from '../../functions/storage/remember-inspection.step.ts';
import { verify } from '../../functions/storage/verify.step.ts';
import { wakeWaiting } from '../../functions/storage/wake-waiting.step.ts';
import { type Executed, executeStateMachine, type TaskCall } from '../../simulator/states-language/index.ts';
import { anMskOperation, anOperation, minuteMs, type StorageWorld, volumeId } from './storage-world.ts';

export const definitionOf = (workflow: string): string => readFileSync(`statemachines/${workflow}.asl.json`, 'utf8');

export interface RunOptions {
  operationId?: string;
  request?: Record<string, unknown>;
  /** Runs before each step; what it throws is the step's failure. */
  before?: (state: string, attempt: number) => unknown;
  /** Runs after each step; what it throws replaces the answer, though the step has run. */
  after?: (state: string, attempt: number) => unknown;
  /** What a person does while the question stands; undefined: nothing. */
  answer?: (state: string) => Promise<unknown>;
  /** Minutes that a waiting state may wait for its events. */
  heartbeatMinutes?: number;
  /** EBS's events are lost. */
  silent?: boolean;
}

export interface Ran extends Executed {
  names: string[];
  announced: Record<string, unknown>[];
}

export async function runStorageScaling(world: StorageWorld, options: RunOptions = {}): Promise<Ran> {
  const { operationId = 'op-1', request, before, after, answer, heartbeatMinutes = 90, silent } = options;
  const isMsk = world.fleet.clusters[0]?.kind === 'msk';
  const { executionArn: _, ...input } = (isMsk ? anMskOperation : anOperation)(operationId, request);
  const announced: Record<string, unknown>[] = [];
  const steps = stepsOf(world);

  const waited = async (token: string, state: string): Promise<unknown> => {
    for (let minutes = 0; minutes <= heartbeatMinutes; minutes++) {
      const given = world.workflows.answers.get(token);
      if (given !== undefined) {
        if ('output' in given) return given.output;
        throw new Failed(given.error, given.cause);
      }
      if (answer !== undefined) await answer(state);
      world.clock.advance(minuteMs);
      if (silent !== true)
        await wakeWaiting(world)({ source: 'aws.ec2', resources: [`arn:aws:ec2:::volume/${volumeId}`], detail: {} });
    }
    world.workflows.closed.add(token);
    // The reminder has no heartbeat, only its end.
    throw new Failed(state === 'RemindApproval' ? 'States.Timeout' : 'States.HeartbeatTimeout', '');
  };

  const task = async ({ state, resource, arguments: given, attempt }: TaskCall): Promise<unknown> => {
    if (resource.includes('putEvents')) {
      announced.push(given as Record<string, unknown>);
      return { FailedEntryCount: 0 };
    }
    const { FunctionName, Payload } = given as { FunctionName: string; Payload: Record<string, unknown> };
    const step = steps[FunctionName.slice(2, -1)];
    if (step === undefined) throw new Error(`no step ${FunctionName}`);
    let result: unknown;
    try {
      await before?.(state, attempt);
      // As Lambda does: nothing but JSON passes.
      const answered: unknown = await step(JSON.parse(JSON.stringify(Payload)));
      result = JSON.parse(JSON.stringify(answered));
      await after?.(state, attempt);
    } catch (error) {
      // A retry of the state machine waits; so does the world.
      world.clock.advance(65_000);
      throw error instanceof Failed ? error : asFailure(error);
    }
    if (resource.endsWith('waitForTaskToken')) return waited(String(Payload.taskToken), state);
    return { Payload: result };
  };
  const done = await executeStateMachine(definitionOf('storage-scaling'), input, { task, name: operationId });
  world.workflows.statuses.set(arnOf(done), done.status);
  return { ...done, names: done.states.map(({ name }) => name), announced };
}

/** As Lambda reports it. */
class Failed extends Error {
  readonly error: string;
  override readonly cause: string;
  constructor(error: string, cause: string) {
    super(error);
    this.error = error;
    this.cause = cause;
  }
}

function asFailure(error: unknown): Failed {
  const { name, message } = error as Error;
  return new Failed(name, JSON.stringify({ errorType: name, errorMessage: message }));
}

/** The execution's ARN as the steps saw it. */
function arnOf(done: Executed): string {
  const entered = done.history.find((event) => JSON.stringify(event).includes('executionArn'));
  return /arn:aws:states:[^"\\]*:execution:[^"\\]*/.exec(JSON.stringify(entered ?? ''))?.[0] ?? '';
}

function stepsOf(world: StorageWorld): Record<string, (event: unknown) => Promise<unknown>> {
  return {
    Observe: observe(world),
    Decide: decide(world),
    Apply: apply(world),
    Approve: approve(world),
    AwaitUsable: awaitUsable(world),
    AwaitCompleted: awaitCompleted(world),
    FollowOperation: followOperation(world),
    GrowFilesystem: growFilesystem({ ...world, document: 'grow' }),
    Verify: verify(world),
    Inspect: inspect({ ...world, document: 'look' }),
    RememberInspection: rememberInspection(world),
    Record: record(world),
  };
}
