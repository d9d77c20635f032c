/** The definitions themselves: what each state promises about retries, deadlines and ends. */
import { createRequire } from 'node:module';
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { executeStateMachine, type TaskCall } from '../../simulator/states-language/index.ts';
import { definitionOf } from '../support/storage-workflow.ts';

const require = createRequire(import.meta.url);
const validate = require('asl-validator') as (
  definition: unknown,
  options: { checkPaths: boolean; checkArn: boolean },
) => { isValid: boolean; errors: unknown[] };

interface State {
  Type: string;
  Resource?: string;
  TimeoutSeconds?: number | string;
  HeartbeatSeconds?: number | string;
  Next?: string;
  End?: boolean;
  Default?: string;
  Choices?: { Next: string }[];
  Retry?: {
    ErrorEquals: string[];
    IntervalSeconds?: number;
    MaxAttempts?: number;
    BackoffRate?: number;
    MaxDelaySeconds?: number;
  }[];
  Catch?: { ErrorEquals: string[]; Next: string; Assign?: Record<string, unknown> }[];
  ItemProcessor?: Machine;
}
interface Machine {
  StartAt: string;
  TimeoutSeconds?: number;
  States: Record<string, State>;
}

const workflows = readdirSync('statemachines').map((file) => file.replace('.asl.json', ''));
const machineOf = (workflow: string): Machine => JSON.parse(definitionOf(workflow)) as Machine;
const statesOf = (machine: Machine): [string, State][] =>
  Object.entries(machine.States).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...(state.ItemProcessor === undefined ? [] : statesOf(state.ItemProcessor)),
  ]);
const tasks = workflows.flatMap((workflow) =>
  statesOf(machineOf(workflow))
    .filter(([, { Type }]) => Type === 'Task')
    .map(([name, state]) => ({ workflow, name, state, waits: state.Resource?.endsWith('.waitForTaskToken') === true })),
);
const lambdas = tasks.filter(({ state }) => state.Resource?.includes('lambda:invoke'));

describe.each(workflows)('%s', (workflow) => {
  it('is what asl-validator takes for a state machine', () => {
    const { isValid, errors } = validate(machineOf(workflow), { checkPaths: false, checkArn: false });
    expect(errors).toEqual([]);
    expect(isValid).toBe(true);
  });

  it('calls only functions that exist', () => {
    const rooms = readdirSync('functions');
    for (const [, name = ''] of definitionOf(workflow).matchAll(/\$\{(\w+)\}/g)) {
      const verb = name.replaceAll(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
      expect(rooms.filter((room) => existsSync(`functions/${room}/${verb}.lambda.ts`))).toHaveLength(1);
    }
  });

  it('names only states that exist, and reaches each', () => {
    for (const machine of [machineOf(workflow), ...nested(machineOf(workflow))]) {
      const targets = new Set([machine.StartAt]);
      for (const { Next, Default, Choices = [], Catch = [] } of Object.values(machine.States)) {
        for (const target of [Next, Default, ...Choices.map((one) => one.Next), ...Catch.map((one) => one.Next)])
          if (target !== undefined) targets.add(target);
      }
      expect([...targets].toSorted()).toEqual(Object.keys(machine.States).toSorted());
    }
  });
});

const nested = (machine: Machine): Machine[] =>
  Object.values(machine.States).flatMap(({ ItemProcessor }) => (ItemProcessor === undefined ? [] : [ItemProcessor]));

describe('every task', () => {
  it.each(tasks)('$workflow $name ends in time', ({ state }) => {
    expect(state.TimeoutSeconds).toBeDefined();
  });

  it.each(lambdas)('$workflow $name is tried again for what passes by itself', ({ state, waits }) => {
    const retried = state.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals) ?? [];
    expect(retried).toEqual(
      expect.arrayContaining([
        'Lambda.ServiceException',
        'Lambda.TooManyRequestsException',
        'Lambda.Unknown',
        'Sandbox.Timedout',
        'Throttled',
        'ServiceUnavailable',
        'LedgerBusy',
        'LedgerContended',
        'AnswerLost',
      ]),
    );
    // A late call may be made again; a wait's time-out is its deadline.
    expect(retried.includes('States.Timeout')).toBe(!waits);
    expect(retried).not.toContain('States.ALL');
  });

  it.each(tasks.filter(({ workflow }) => workflow === 'storage-scaling'))('$name catches everything', ({ state }) => {
    expect(state.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
  });

  it.each(tasks.filter(({ workflow, name }) => workflow === 'storage-scaling' && name !== 'AnnounceGrowth'))(
    '$name loses no failure',
    ({ name, state }) => {
      const kept: Record<string, string> = { Record: 'failure', Observe: 'inspectionError' };
      const lost = (state.Catch ?? [])
        .filter(({ Next, Assign = {} }) => !Object.hasOwn(Assign, kept[Next] ?? ''))
        .map(({ Next }) => Next);
      // A missed heartbeat of a question is its reminder; what can't be recorded is the execution's own error.
      // A relief that can't be started does not hide how the growth ended; the next operation starts it.
      const reasons: Record<string, string[]> = {
        Approve: ['RemindApproval'],
        Record: ['NotRecorded'],
        // Not its turn yet is no failure.
        Observe: ['AwaitSlot'],
        StartRelief: ['ChooseEnd'],
      };
      expect(lost).toEqual(reasons[name] ?? []);
    },
  );

  it.each(tasks.filter(({ waits }) => waits))('$workflow $name waits with a deadline that acts', ({ state }) => {
    expect(state.HeartbeatSeconds ?? state.TimeoutSeconds).toBeDefined();
  });
});

it('a retry of Apply waits until a lost answer can be told from a call that never was', () => {
  for (const { IntervalSeconds } of machineOf('storage-scaling').States.Apply?.Retry ?? [])
    expect(IntervalSeconds).toBeGreaterThan(60);
});

it('an operation of MSK is polled for a day, ever more slowly, in few states', () => {
  const [poll] = machineOf('storage-scaling').States.FollowOperation?.Retry ?? [];
  // A service that can't be asked for a while must not end what it has accepted.
  expect(poll?.ErrorEquals).toEqual(['OperationRunning', 'Throttled', 'ServiceUnavailable']);
  const { IntervalSeconds = 0, MaxAttempts = 0, BackoffRate = 1, MaxDelaySeconds = 0 } = poll ?? {};
  const delays = Array.from({ length: MaxAttempts }, (_, at) =>
    Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** at),
  );
  expect(delays).toEqual(delays.toSorted((a, b) => a - b));
  expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeGreaterThanOrEqual(23 * 3600);
  // Each is billed as a transition; a growth of half an hour is followed within three minutes of its end.
  expect(MaxAttempts).toBeLessThanOrEqual(60);
  const passed = delays.map((_, at) => delays.slice(0, at + 1).reduce((sum, delay) => sum + delay, 0));
  expect(passed.findIndex((seconds) => seconds >= 600)).toBeLessThanOrEqual(7);
});

describe('a workflow’s own time', () => {
  const approvalSecondsMax = 168 * 3600;
  /** The longest that one state may take, its retries included. */
  const longest = ({ TimeoutSeconds, HeartbeatSeconds, Retry = [] }: State): number => {
    const seconds = typeof TimeoutSeconds === 'number' ? TimeoutSeconds : approvalSecondsMax / 2 + 60;
    const attempt = typeof HeartbeatSeconds === 'number' ? HeartbeatSeconds : seconds;
    return Retry.filter(({ ErrorEquals }) => ErrorEquals.includes('States.HeartbeatTimeout')).reduce(
      (sum, { IntervalSeconds = 1, MaxAttempts = 3, BackoffRate = 2, MaxDelaySeconds = Infinity }) => {
        const delays = Array.from({ length: MaxAttempts }, (_, at) =>
          Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** at),
        );
        return sum + delays.reduce((total, delay) => total + delay + attempt, 0);
      },
      seconds,
    );
  };

  it.each(['storage-scaling', 'host-inspection'])('of %s is above the sum of its waits', (workflow) => {
    const machine = machineOf(workflow);
    const sum = Object.values(machine.States)
      .filter(({ Resource }) => Resource?.endsWith('.waitForTaskToken'))
      .reduce((total, state) => total + longest(state), 0);
    expect(machine.TimeoutSeconds).toBeGreaterThan(sum);
  });
});

describe('in the interpreter', () => {
  const plan = { cluster: 'orders', volumeId: 'vol-1', fromGib: 100, targetGib: 134, usdPerMonth: 2.7 };
  const decision = {
    action: 'grow',
    reason: 'above-threshold',
    ...plan,
    needsApproval: false,
    evidence: { sizeGib: 100 },
  };
  const announcement = { volumeId: 'vol-1', fromGib: 100, toGib: 134, ownerTags: {} };
  const verified = { sizeGib: 134, evidence: { filesystemBytes: 1 }, announcement };
  const decided = {
    next: 'grow',
    decision,
    observeOnly: false,
    targetGib: 134,
    instanceId: 'i-1',
    kind: 'ec2',
    hasFilesystem: true,
    plan,
  };
  const answers: Record<string, unknown> = {
    Observe: { Payload: { lease: { name: 'volume/vol-1', executionArn: 'arn', fence: 1 }, facts: { volumes: [] } } },
    Decide: { Payload: decided },
    Apply: { Payload: { targetGib: 134, startedAtMs: 0 } },
    AwaitUsable: { state: 'usable', sizeGib: 134 },
    GrowFilesystem: { commandId: 'c-1' },
    Verify: { Payload: verified },
    AnnounceGrowth: {},
    AwaitCompleted: { state: 'completed', sizeGib: 134 },
    Inspect: { commandId: 'c-0' },
    RememberInspection: { Payload: { inspected: ['vol-1'] } },
    Record: { Payload: { status: 'succeeded', outcome: 'grown', message: '', failed: false } },
  };
  const input = { operationId: 'op-1', cluster: 'orders', subject: 'vol-1', trigger: {} };

  it('a clean growth enters at most 14 states', async () => {
    const done = await executeStateMachine(definitionOf('storage-scaling'), input, {
      task: ({ state }) => answers[state],
    });
    expect(done.status).toBe('SUCCEEDED');
    expect(done.states.length).toBeLessThanOrEqual(14);
    expect(done.states.map(({ name }) => name)).toEqual([
      'Observe',
      'Decide',
      'ChooseAction',
      'Apply',
      'ChooseWait',
      'AwaitUsable',
      'GrowFilesystem',
      'Verify',
      'AnnounceGrowth',
      'AwaitCompleted',
      'Record',
      'ChooseOutcome',
      'Done',
    ]);
  });

  const ofMsk = { ...decided, kind: 'msk', hasFilesystem: false, instanceId: null };
  const reference = 'arn:aws:kafka:eu-central-1:123456789012:cluster-operation/payments-prod/1/2';
  const mskAnswers: Record<string, unknown> = {
    ...answers,
    Decide: { Payload: ofMsk },
    Apply: { Payload: { targetGib: 134, startedAtMs: 7, reference } },
    FollowOperation: { Payload: { state: 'completed', sizeGib: 134 } },
  };

  it('a growth without a file system follows its operation by name, and is proven by its time', async () => {
    const payloads = new Map<string, unknown>();
    const done = await executeStateMachine(definitionOf('storage-scaling'), input, {
      task: ({ state, arguments: given }: TaskCall) => {
        payloads.set(state, (given as { Payload?: unknown }).Payload);
        return mskAnswers[state];
      },
    });
    expect(done.status).toBe('SUCCEEDED');
    expect(done.states.length).toBeLessThanOrEqual(14);
    expect(done.states.map(({ name }) => name)).toEqual([
      'Observe',
      'Decide',
      'ChooseAction',
      'Apply',
      'ChooseWait',
      'FollowOperation',
      'Verify',
      'AnnounceGrowth',
      'AwaitCompleted',
      'Record',
      'ChooseOutcome',
      'Done',
    ]);
    expect(payloads.get('FollowOperation')).toMatchObject({ reference, targetGib: 134 });
    expect(payloads.get('Verify')).toMatchObject({ startedAtMs: 7, fromGib: 100, instanceId: null, commandId: null });
    expect(payloads.get('AwaitCompleted')).toMatchObject({ reference });
    expect(payloads.get('Record')).toMatchObject({ verified: verified.evidence });
  });

  it.each(['Apply', 'FollowOperation', 'Verify'])(
    'an error that nobody expects in %s of a growth without a file system is recorded with its cause',
    async (broken) => {
      let failure: unknown;
      await executeStateMachine(definitionOf('storage-scaling'), input, {
        task: ({ state, arguments: given }: TaskCall) => {
          if (state === broken) throw { error: 'Novel', cause: 'something new' };
          if (state === 'Record') ({ failure } = (given as { Payload: { failure: unknown } }).Payload);
          return mskAnswers[state];
        },
      });
      expect(failure).toEqual({ Error: 'Novel', Cause: 'something new' });
    },
  );

  describe('an end after which relief is due', () => {
    const relief = { outcome: 'growth-barred', volumeId: 'vol-1', fullInHours: 2 };
    const run = async (failed: boolean, start: () => unknown) => {
      let started: unknown;
      const done = await executeStateMachine(definitionOf('storage-scaling'), input, {
        task: ({ state, arguments: given }: TaskCall) => {
          if (state === 'Decide') return { Payload: { ...decided, next: 'record' } };
          if (state === 'Record')
            return { Payload: { status: 'escalated', outcome: 'growth-barred', message: 'm', failed, relief } };
          if (state !== 'StartRelief') return answers[state];
          started = (given as { Payload: unknown }).Payload;
          return start();
        },
      });
      return { done, started };
    };

    it('starts it with what is barred, and ends as it would have', async () => {
      const { done, started } = await run(true, () => ({ Payload: { started: 'new' } }));
      expect(started).toEqual({
        source: 'relief',
        cluster: 'orders',
        subject: 'vol-1',
        operationId: 'op-1',
        barred: relief,
      });
      expect(done).toMatchObject({ status: 'FAILED', error: 'growth-barred', cause: 'm' });
      expect((await run(false, () => ({ Payload: {} }))).done.status).toBe('SUCCEEDED');
    });

    it('ends so, too, where it can’t be started', async () => {
      const { done } = await run(true, () => {
        throw { error: 'Novel' };
      });
      expect(done).toMatchObject({ status: 'FAILED', error: 'growth-barred' });
    });
  });

  it.each(['Observe', 'Decide', 'Apply', 'AwaitUsable', 'GrowFilesystem', 'Verify', 'AwaitCompleted'])(
    'an error that nobody expects in %s is recorded with its cause',
    async (broken) => {
      let recorded: Record<string, unknown> = {};
      const done = await executeStateMachine(definitionOf('storage-scaling'), input, {
        task: ({ state, arguments: given }: TaskCall) => {
          if (state === broken) throw { error: 'Novel', cause: 'something new' };
          if (state !== 'Record') return answers[state];
          recorded = (given as { Payload: Record<string, unknown> }).Payload;
          return { Payload: { status: 'failed', outcome: 'error-Novel', message: 'something new', failed: true } };
        },
      });
      expect(recorded.failure).toEqual({ Error: 'Novel', Cause: 'something new' });
      expect(done).toMatchObject({ status: 'FAILED', error: 'error-Novel', cause: 'something new' });
    },
  );

  it('a record that can’t be written is a failure of its own', async () => {
    const done = await executeStateMachine(definitionOf('storage-scaling'), input, {
      task: ({ state }) => {
        if (state === 'Record') throw { error: 'Novel', cause: 'no table' };
        return answers[state];
      },
    });
    expect(done).toMatchObject({ status: 'FAILED', error: 'NotRecorded' });
  });

  it('a lost announcement does not fail the growth', async () => {
    const done = await executeStateMachine(definitionOf('storage-scaling'), input, {
      task: ({ state }) => {
        if (state === 'AnnounceGrowth') throw { error: 'EventBridge.FailedEntry', cause: '' };
        return answers[state];
      },
    });
    expect(done.status).toBe('SUCCEEDED');
  });

  it('an approval makes the inspection count anew, and carries the plan that was shown', async () => {
    const payloads: Record<string, unknown>[] = [];
    const nexts = ['inspect', 'ask', 'grow'];
    const done = await executeStateMachine(definitionOf('storage-scaling'), input, {
      task: ({ state, arguments: given }: TaskCall) => {
        if (state === 'Approve') return { approvedBy: 'me' };
        if (state !== 'Decide') return answers[state];
        payloads.push((given as { Payload: Record<string, unknown> }).Payload);
        return { Payload: { ...decided, next: nexts[payloads.length - 1], planHash: 'x', approvalSeconds: 901 } };
      },
    });
    expect(done.status).toBe('SUCCEEDED');
    expect(payloads.map(({ inspected, approved }) => ({ inspected, approved }))).toEqual([
      { inspected: false, approved: null },
      { inspected: true, approved: null },
      { inspected: false, approved: { fromGib: 100, targetGib: 134 } },
    ]);
  });

  it('a question that nobody answers is asked again as a reminder, then expires', async () => {
    const reminders: unknown[] = [];
    let failure: unknown;
    await executeStateMachine(definitionOf('storage-scaling'), input, {
      task: ({ state, arguments: given }: TaskCall) => {
        const { Payload } = given as { Payload: Record<string, unknown> };
        if (state === 'Decide') return { Payload: { ...decided, next: 'ask', planHash: 'x', approvalSeconds: 901 } };
        if (state === 'Approve' || state === 'RemindApproval') {
          reminders.push(Payload.reminder);
          throw { error: state === 'Approve' ? 'States.HeartbeatTimeout' : 'States.Timeout' };
        }
        if (state === 'Record') failure = Payload.failure;
        return answers[state];
      },
    });
    expect(reminders).toEqual([false, true]);
    expect(failure).toMatchObject({ Error: 'ApprovalExpired' });
  });

  it('an inspection that fails is decided about, with its cause', async () => {
    let second: Record<string, unknown> = {};
    let decisions = 0;
    await executeStateMachine(definitionOf('storage-scaling'), input, {
      task: ({ state, arguments: given }: TaskCall) => {
        if (state === 'Inspect') throw { error: 'HostUnreachable', cause: 'the agent is down' };
        if (state !== 'Decide') return answers[state];
        decisions += 1;
        if (decisions === 2) second = (given as { Payload: Record<string, unknown> }).Payload;
        return { Payload: { ...decided, next: decisions === 1 ? 'inspect' : 'record' } };
      },
    });
    expect(second).toMatchObject({ inspected: true, inspectionError: 'HostUnreachable: the agent is down' });
  });

  it('a host is inspected and remembered', async () => {
    const done = await executeStateMachine(
      definitionOf('host-inspection'),
      { ...input, subject: 'i-1' },
      { task: ({ state }) => answers[state] },
    );
    expect(done).toMatchObject({ status: 'SUCCEEDED', output: { inspected: ['vol-1'] } });
  });
});
