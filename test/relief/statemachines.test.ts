/** The definitions themselves: nothing is lost, everything ends, the undo does not depend on the doer. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { ReliefTopic } from '../../functions/gateways/ledger/ledger.ts';
import type { ReliefDecision } from '../../functions/relief/decision.ts';
import { endings, reliefOutcome, restoreOutcome } from '../../functions/relief/outcome.ts';
import { definitionOf } from './relief-world.ts';

interface State {
  Type: string;
  Resource?: string;
  TimeoutSeconds?: number | string;
  Seconds?: number;
  Retry?: {
    ErrorEquals: string[];
    IntervalSeconds: number;
    MaxAttempts: number;
    BackoffRate: number;
    MaxDelaySeconds: number;
  }[];
  Catch?: { ErrorEquals: string[]; Next: string; Assign?: Record<string, unknown> }[];
}
interface Machine {
  TimeoutSeconds: number;
  States: Record<string, State>;
}

const approvalSecondsMax = 168 * 3600;
const workflows = ['retention-relief', 'retention-restore'];
const machineOf = (workflow: string): Machine => JSON.parse(definitionOf(workflow)) as Machine;
const tasks = workflows.flatMap((workflow) =>
  Object.entries(machineOf(workflow).States)
    .filter(([, { Type }]) => Type === 'Task')
    .map(([name, state]) => ({ workflow, name, state })),
);

describe.each(tasks)('$workflow $name', ({ name, state }) => {
  it('catches everything and keeps the failure', () => {
    expect(state.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    const lost = (state.Catch ?? []).filter(({ Assign = {} }) => !Object.hasOwn(Assign, 'failure'));
    const expected: Record<string, string> = { Approve: 'RemindApproval' };
    const isEnd = name.startsWith('Record');
    expect(lost.map(({ Next }) => Next)).toEqual(isEnd ? ['NotRecorded'] : [expected[name]].filter(Boolean));
  });

  it('retries no defect and no refusal', () => {
    const retried = state.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals) ?? [];
    expect(retried.length).toBeGreaterThan(0);
    for (const never of ['States.ALL', 'States.TaskFailed', 'AccessDenied', 'WorldChanged', 'Paused', 'LeaseLost'])
      expect(retried).not.toContain(never);
  });
});

describe.each(workflows)('%s', (workflow) => {
  it('has time for all its waits', () => {
    const { TimeoutSeconds, States } = machineOf(workflow);
    const longest = Object.values(States).reduce((sum, { TimeoutSeconds: own = 0, Seconds = 0, Retry = [] }) => {
      const attempt = typeof own === 'number' ? own : approvalSecondsMax / 2 + 60;
      const retries = Retry.reduce((total, { IntervalSeconds, MaxAttempts, BackoffRate, MaxDelaySeconds }) => {
        const delays = Array.from({ length: MaxAttempts }, (_, at) =>
          Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** at),
        );
        // A question that was asked is never asked again by a retry: its attempts are short ones.
        return total + delays.reduce((all, delay) => all + delay + Math.min(attempt, 310), 0);
      }, 0);
      return sum + attempt + Seconds + retries;
    }, 0);
    expect(TimeoutSeconds).toBeGreaterThan(longest);
  });
});

it('shortening is tried again only when MSK shows what the last try did', () => {
  for (const { IntervalSeconds } of machineOf('retention-relief').States.ShortenRetention?.Retry ?? [])
    expect(IntervalSeconds).toBeGreaterThan(60);
  expect(machineOf('retention-restore').States.AwaitVisible?.Seconds).toBeGreaterThan(60);
  const again = machineOf('retention-restore').States.ConfirmRestore?.Retry?.find(({ ErrorEquals }) =>
    ErrorEquals.includes('RestoreOwed'),
  );
  expect(again?.IntervalSeconds).toBeGreaterThan(60);
});

const topics = (...states: ReliefTopic['state'][]): ReliefTopic[] =>
  states.map((state, at) => ({ name: `t${at}`, id: '', former: {}, shortened: {}, state }));

describe('the truthful end', () => {
  const enough: ReliefDecision = { action: 'shorten', reason: 'enough', topics: [], evidence: {} };
  const failure = { Error: 'Paused', Cause: '{"errorMessage":"by me"}' };

  it.each([
    [{ topics: topics('shortened', 'shortened'), decision: enough }, 'succeeded', 'shortened'],
    [
      { topics: topics('shortened'), decision: { ...enough, reason: 'not-enough' as const } },
      'escalated',
      'shortened-not-enough',
    ],
    [{ topics: topics('shortened', 'left-alone'), decision: enough }, 'escalated', 'shortened-partly'],
    [{ topics: topics('shortened', 'planned'), decision: enough, failure }, 'escalated', 'shortened-partly'],
    [{ topics: topics('planned'), decision: enough, failure }, 'escalated', 'shortened-partly'],
    [{ topics: topics('left-alone', 'left-alone'), decision: enough }, 'escalated', 'nothing-shortened'],
    [{ decision: enough, failure }, 'deferred', 'paused'],
    [{ decision: enough, observeOnly: true }, 'succeeded', 'observed'],
    [{ decision: enough }, 'failed', 'not-done'],
    [{}, 'failed', 'defect'],
    [{ failure: { Error: 'Novel' } }, 'failed', 'error-Novel'],
    [{ failure: { Error: 'toString' } }, 'failed', 'error-toString'],
  ])('of a relief: %j', (input, status, outcome) => {
    expect(reliefOutcome(input)).toMatchObject({ status, outcome });
  });

  it.each([
    [{ topics: topics('restored', 'restored') }, 'succeeded', 'restored'],
    [{ topics: topics('restored', 'left-alone') }, 'succeeded', 'restored-partly'],
    [{ topics: topics('restored', 'shortened') }, 'escalated', 'restore-owed'],
    [{ topics: topics('planned') }, 'escalated', 'restore-owed'],
    // What the ledger says counts, not how the last state ended.
    [{ topics: topics('restored'), failure: { Error: 'States.Timeout' } }, 'succeeded', 'restored'],
    [{ topics: topics('restored'), already: true }, 'succeeded', 'already-restored'],
    [{ failure: { Error: 'UnknownRelief' } }, 'refused', 'unknown-relief'],
  ])('of a restore: %j', (input, status, outcome) => {
    expect(restoreOutcome(input)).toMatchObject({ status, outcome });
  });

  it('every code is explained in docs/relief.md', () => {
    const page = readFileSync('docs/relief.md', 'utf8');
    const own = ['shortened', 'shortened-partly', 'shortened-not-enough', 'nothing-shortened', 'observed'];
    const more = ['not-needed', 'no-longer-needed', 'restored', 'restored-partly', 'already-restored', 'restore-owed'];
    for (const code of [...endings, ...own, ...more]) expect(page).toContain(`\`${code}\``);
  });
});
