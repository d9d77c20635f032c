import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../../simulator/clock.ts';
import type { Simulation } from '../../../simulator/deploy/boot.ts';
import { seededRandom, type Random } from '../../../simulator/random.ts';
import { employOperator } from '../../../simulator/run/operator.ts';
import { planWorld } from '../../../simulator/run/world.ts';
import { exampleFleet } from './a-fleet.ts';

const startMs = Date.UTC(2026, 0, 5);
const hourMs = 3_600_000;
const world = planWorld(exampleFleet(), 1);
const plan = { cluster: 'payments', restoreAfterHours: 24, topics: [{ name: 'payments-events' }] };

/** A person at a system that only writes down what they do. */
function desk(
  options: {
    approves?: boolean;
    answers?: 'hours' | 'none';
    answered?: boolean;
    relief?: boolean;
    asked?: boolean;
  } = {},
) {
  const clock = new VirtualClock(startMs);
  const invoked: { verb: string; payload: unknown; atMs: number }[] = [];
  const relieved: string[] = [];
  const read: ((notice: object) => void)[] = [];
  const openRelief = { reliefId: 'r', restoreAtMs: startMs };
  const simulation = {
    clock,
    cloud: { invocation: (work: () => Promise<unknown>) => work() },
    sns: { onPublish: (reader: (notice: object) => void) => void read.push(reader) },
    ssm: { setAgent: () => undefined },
    ledger: {
      approval: () => Promise.resolve({ operationId: 'op', cluster: 'payments', planHash: 'hash', plan }),
      clusterState: () => Promise.resolve(options.relief === true ? { relief: openRelief } : {}),
      operations: () => Promise.resolve(options.asked === true ? [{ workflow: 'retention-relief' }] : []),
    },
    invoke: (verb: string, payload: unknown) => {
      invoked.push({ verb, payload, atMs: clock.nowMs() });
      return Promise.resolve({ answered: options.answered ?? true });
    },
  } as unknown as Simulation;
  const random: Random = Object.assign(seededRandom(1).fork('x'), { chance: () => options.approves === false });
  const fill = {
    usedBytes: () => 0,
    shortenRetention: (volumeId: string) => void relieved.push(volumeId),
    notes: [],
  };
  const log = employOperator({ simulation, fill, random, world, answers: options.answers ?? 'hours' });
  const tell = async (
    kind: string,
    attributes: Record<string, string> = {},
    subject = 'Approval needed: payments, shorter retention of 1 topic',
  ) => {
    const all = { kind, cluster: 'payments', operationId: 'op', ...attributes };
    for (const reader of read) reader({ subject, message: 'text', attributes: all, atMs: clock.nowMs() });
    await clock.run(startMs + 24 * hourMs, () => undefined);
    return log.actions.map(({ what }) => what);
  };
  return { tell, invoked, relieved, log };
}

const brokers = ['msk/payments/1', 'msk/payments/2', 'msk/payments/3'];

describe('the simulated operator', () => {
  it('answers the question for relief, and sooner than two hours', async () => {
    const { tell, invoked, relieved } = desk();
    expect(await tell('approval')).toEqual(['approved shorter retention']);
    const payload = { operationId: 'op', planHash: 'hash', answer: 'approved', by: 'operator' };
    expect(invoked).toMatchObject([{ verb: 'answer-approval', payload }]);
    expect(invoked[0]?.atMs).toBeLessThan(startMs + 2 * hourMs);
    expect(relieved).toEqual([]);
  });

  it('makes room on all brokers by hand after a no', async () => {
    const { tell, invoked, relieved } = desk({ approves: false });
    expect(await tell('approval')).toEqual(['rejected shorter retention and deleted by hand']);
    expect(invoked).toMatchObject([{ payload: { answer: 'rejected' } }]);
    expect(relieved).toEqual(brokers);
  });

  it('claims nothing when the answer came too late', async () => {
    const { tell, relieved } = desk({ approves: false, answered: false });
    expect(await tell('approval')).toEqual([]);
    expect(relieved).toEqual([]);
  });

  it.each([
    ['stands', { relief: true }],
    ['is asked for', { asked: true }],
  ])('leaves barred growth to a relief that %s', async (_what, options) => {
    const { tell, relieved } = desk(options);
    expect(await tell('escalation', { outcome: 'growth-barred', volumeId: 'msk/payments' })).toEqual([
      'left it to the retention relief',
    ]);
    expect(relieved).toEqual([]);
  });

  it.each([
    ['growth is barred and there is no relief', { outcome: 'growth-barred', volumeId: 'msk/payments' }, {}],
    ['relief could not free enough', { outcome: 'shortened-not-enough' }, { relief: true }],
  ])('makes room by hand where %s', async (_what, attributes, options) => {
    const { tell, relieved } = desk(options);
    expect(await tell('escalation', attributes)).toEqual(['shortened the retention of the topics that weigh most']);
    expect(relieved).toEqual(brokers);
  });

  it('only reads where nobody answers', async () => {
    const { tell, invoked, log } = desk({ answers: 'none' });
    expect(await tell('approval')).toEqual([]);
    expect(invoked).toEqual([]);
    expect(log.notifications).toHaveLength(1);
  });
});
