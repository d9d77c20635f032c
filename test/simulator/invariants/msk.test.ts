import { describe, expect, it } from '@jest/globals';
import type { Fleet, MskCluster } from '../../../functions/fleet/fleet.ts';
import type { Intent, Relief } from '../../../functions/gateways/ledger/ledger.ts';
import {
  Invariants,
  type InvariantWorld,
  type ModificationView,
  type Mutation,
} from '../../../simulator/invariants/index.ts';

const startMs = Date.UTC(2026, 10, 21, 12);
const minute = 60_000;
const hour = 60 * minute;
const volumeId = 'msk/payments';
const operationId = 'abcdef0123456789';
const topic = 'payments-events';
type Configs = Record<string, string>;

const retention = (hours: number): Configs => ({ 'retention.ms': String(hours * hour) });

const cluster = {
  name: 'payments',
  kind: 'msk',
  mode: 'act',
  clusterArn: 'arn:aws:kafka:eu-central-1:123456789012:cluster/payments/0-1',
  policy: {
    modificationsPerDayMax: 4,
    stepGibMax: 200,
    sizeGibMax: 1_000,
    growthGibPerDayMax: 1_000,
    clusterGibMax: 2_000,
    clusterUsdPerMonthMax: 1_000,
  },
  retentionRelief: { enabled: true, retentionHoursMin: 12, retentionGibMin: 1, exclude: ['payments-audit*'] },
} as unknown as MskCluster;
type Change = Partial<Omit<MskCluster, 'policy' | 'retentionRelief'>> & {
  policy?: Partial<MskCluster['policy']>;
  relief?: Partial<MskCluster['retentionRelief']>;
};
const fleetOf = ({ policy, relief, ...change }: Change): Fleet => {
  const changed = {
    ...cluster,
    ...change,
    policy: { ...cluster.policy, ...policy },
    retentionRelief: { ...cluster.retentionRelief, ...relief },
  };
  return { clusters: [changed], prices: { usdPerGibMonth: { msk: 0.1 } } } as unknown as Fleet;
};

/** An MSK cluster of three brokers in which the test itself plays the product. */
class World {
  nowMs = startMs;
  sizeGib = 100;
  operations: ModificationView[] = [];
  readonly topics = new Map<string, Configs>([
    [topic, { 'cleanup.policy': 'delete', 'retention.bytes': '-1', ...retention(168) }],
  ]);
  readonly invariants: Invariants;
  #intents = 0;

  constructor(change: Change = {}) {
    const volume = () => ({ volumeId, sizeGib: this.sizeGib, volumes: 3, type: 'msk', modifications: this.operations });
    const world: InvariantWorld = {
      fleet: fleetOf(change),
      nowMs: () => this.nowMs,
      volume: (id) => (id === volumeId ? volume() : undefined),
      clusterOf: (id) => (id === volumeId ? 'payments' : undefined),
      dataVolumes: () => [volume()],
      topicConfigs: (_cluster, name) => this.topics.get(name),
      executionOf: () => undefined,
      machines: [],
      isDryRun: () => false,
    };
    this.invariants = new Invariants(world);
  }

  intend(sizeGib: number): Intent {
    this.#intents += 1;
    const intent: Intent = {
      intentId: `${operationId}/${this.#intents}`,
      operationId,
      cluster: 'payments',
      subject: 'storage/payments',
      action: 'kafka:UpdateBrokerStorage',
      request: { volumeId, sizeGib },
      atMs: this.nowMs,
      status: 'intended',
    };
    this.invariants.tell('intentWritten', { intent, before: undefined });
    return intent;
  }

  #mutation(change: Pick<Mutation, 'action'> & Partial<Mutation>): Mutation {
    const nothing = { sizeGib: undefined, document: undefined, instanceIds: [], topic: undefined };
    return { ...nothing, volumeId, by: 'product', atMs: this.nowMs, ...change };
  }

  attempt(sizeGib: number): Mutation {
    const mutation = this.#mutation({ action: 'kafka:UpdateBrokerStorage', sizeGib });
    this.invariants.tell('attempted', mutation);
    return mutation;
  }

  /** MSK takes the call. */
  begin(sizeGib: number): void {
    const intent = this.intend(sizeGib);
    const mutation = this.attempt(sizeGib);
    this.operations.push({
      state: 'modifying',
      originalGib: this.sizeGib,
      targetGib: sizeGib,
      startedAtMs: this.nowMs,
      endedAtMs: undefined,
      foreign: false,
    });
    this.invariants.tell('accepted', mutation);
    this.invariants.tell('intentWritten', { intent: { ...intent, status: 'accepted' }, before: intent });
  }

  end(state: 'completed' | 'failed' = 'completed'): void {
    const last = this.operations.pop();
    if (last === undefined) return;
    this.operations.push({ ...last, state, endedAtMs: this.nowMs });
    if (state === 'completed') this.sizeGib = last.targetGib;
    this.pass(0);
  }

  /** As it should be. */
  grow(sizeGib: number): void {
    this.begin(sizeGib);
    this.pass(20 * minute);
    this.end();
  }

  pass(afterMs: number): void {
    this.nowMs += afterMs;
    this.invariants.tell('rested');
  }

  arm(name: string, shortened: Configs, change: Partial<Relief> = {}): void {
    const before = this.topics.get(name) ?? {};
    const former = Object.fromEntries(Object.keys(shortened).map((key) => [key, before[key] ?? '']));
    const relief: Relief = {
      reliefId: operationId,
      cluster: 'payments',
      volumeId,
      armedAtMs: this.nowMs,
      restoreAtMs: this.nowMs + 24 * hour,
      topics: [{ name, id: `arn:${name}`, former, shortened, state: 'planned' }],
      ...change,
    };
    this.invariants.tell('reliefWritten', relief);
  }

  /** MSK takes the call; Kafka obeys at once. */
  update(name: string, asked: Configs): void {
    const before = this.topics.get(name);
    const mutation = this.#mutation({ action: 'kafka:UpdateTopic', topic: { name, before, asked } });
    this.invariants.tell('attempted', mutation);
    this.topics.set(name, { ...before, ...asked });
    this.invariants.tell('accepted', mutation);
  }

  updateByOthers(name: string, after: Configs | undefined): void {
    const before = this.topics.get(name);
    if (after === undefined) this.topics.delete(name);
    else this.topics.set(name, { ...before, ...after });
    this.invariants.tell('topicChangedByOthers', 'payments', name, before, this.topics.get(name));
  }

  shorten(hours = 12): void {
    this.arm(topic, retention(hours));
    this.update(topic, retention(hours));
  }

  get names(): string[] {
    return [...new Set(this.invariants.violations.map(({ invariant }) => invariant))];
  }
}

const coolDown = (learntMs: number) => ({ changeAtMs: startMs, refusals: 0, learntMs });

describe('invariants of MSK', () => {
  it('hold for a system that does as it should', () => {
    const world = new World();
    world.grow(150);
    world.pass(6 * hour);
    world.grow(200);
    world.shorten();
    world.pass(23 * hour);
    world.update(topic, retention(168));
    world.pass(24 * hour);
    expect(world.invariants.violations).toEqual([]);
  });

  it.each<[invariant: string, what: string, breakIt: (world: World) => void, change?: Change]>([
    [
      'one-change-at-a-time',
      'a call while its own operation is running, though MSK would refuse it',
      (world) => {
        world.begin(150);
        world.pass(minute);
        world.attempt(160);
      },
    ],
    [
      'one-change-at-a-time',
      'two operations at once',
      (world) => {
        world.operations.push({
          state: 'modifying',
          originalGib: 100,
          targetGib: 120,
          startedAtMs: startMs - minute,
          endedAtMs: undefined,
          foreign: true,
        });
        world.begin(150);
      },
    ],
    [
      'cool-down',
      'a call a millisecond before six hours after the last change took effect',
      (world) => {
        world.grow(150);
        world.pass(6 * hour - 1);
        world.attempt(200);
      },
    ],
    [
      'cool-down',
      'a call inside what earlier refusals have taught',
      (world) => {
        world.invariants.tell('coolDownWritten', volumeId, coolDown(9 * hour));
        world.grow(150);
        world.pass(9 * hour - 20 * minute - 1);
        world.attempt(200);
      },
    ],
    [
      'cool-down',
      'a call before the time that the last refusal named',
      (world) => {
        world.invariants.tell('notBeforeWritten', volumeId, { atMs: startMs + hour, reason: 'cool-down' });
        world.pass(hour - 1);
        world.attempt(200);
      },
    ],
    ['msk-step', 'a step of less than 10 GiB', (world) => world.grow(109)],
    [
      'msk-step',
      'a size that MSK does not have',
      (world) => {
        world.sizeGib = 16_380;
        world.grow(16_390);
      },
      { policy: { sizeGibMax: 20_000, clusterGibMax: 60_000, clusterUsdPerMonthMax: 10_000 } },
    ],
    [
      'never-shrinks',
      'volumes that are found smaller',
      (world) => {
        world.grow(150);
        world.pass(6 * hour);
        world.begin(160);
        world.sizeGib = 140;
        world.pass(minute);
      },
    ],
    ['size-cap', 'a size above the cap', (world) => world.grow(131), { policy: { sizeGibMax: 130 } }],
    ['step-cap', 'a step above the cap', (world) => world.grow(131), { policy: { stepGibMax: 30 } }],
    [
      'day-cap',
      'too much for a day on all brokers',
      (world) => world.grow(131),
      { policy: { growthGibPerDayMax: 90 } },
    ],
    [
      'cluster-cap',
      'more GiB than all brokers may have, before MSK shows them',
      (world) => world.begin(131),
      { policy: { clusterGibMax: 390 } },
    ],
    [
      'cluster-cap',
      'more money than all brokers may cost',
      (world) => world.begin(131),
      { policy: { clusterUsdPerMonthMax: 39 } },
    ],
    [
      'intent-before-effect',
      'a growth to another size than intended',
      (world) => {
        world.intend(150);
        world.invariants.tell('accepted', { ...world.attempt(160), sizeGib: 160 });
      },
    ],
    [
      'quiet-while-paused',
      'a growth after the pause',
      (world) => {
        world.invariants.tell('pauseChanged', 'payments', true);
        world.pass(minute);
        world.attempt(150);
      },
    ],
    ['quiet-in-observe', 'a growth of an observed cluster', (world) => void world.attempt(150), { mode: 'observe' }],
    ['quiet-in-observe', 'shorter retention in an observed cluster', (world) => world.shorten(), { mode: 'observe' }],
    [
      'quiet-while-paused',
      'shorter retention after the pause',
      (world) => {
        world.invariants.tell('pauseChanged', '*', true);
        world.pass(minute);
        world.shorten();
      },
    ],
    ['relief-armed-first', 'shorter retention before a relief is armed', (world) => world.update(topic, retention(12))],
    [
      'relief-armed-first',
      'a topic that the relief does not name',
      (world) => {
        world.arm('payments-other', retention(12));
        world.update(topic, retention(12));
      },
    ],
    [
      'relief-armed-first',
      'a value that the relief does not say',
      (world) => {
        world.arm(topic, retention(12));
        world.update(topic, retention(24));
      },
    ],
    [
      'relief-armed-first',
      'a config that is none of its business',
      (world) => {
        world.arm(topic, retention(12));
        world.update(topic, { ...retention(12), 'segment.ms': '1' });
      },
    ],
    [
      'relief-armed-first',
      'a change after the relief has ended',
      (world) => {
        world.arm(topic, retention(12));
        world.arm(topic, retention(12), { endedAtMs: startMs });
        world.update(topic, retention(12));
      },
    ],
    ['retention-floor', 'hours below the floor', (world) => world.shorten(12 - 1 / 3600)],
    [
      'retention-floor',
      'bytes below the floor',
      (world) => {
        const shortened = { 'retention.bytes': String(2 ** 30 - 1) };
        world.arm(topic, shortened);
        world.update(topic, shortened);
      },
    ],
    ...(
      [
        ['an excluded topic', 'payments-audit-2026', {}],
        ['an internal topic', '__consumer_offsets', {}],
        ['a compacted topic', 'payments-state', { 'cleanup.policy': 'compact,delete' }],
      ] as const
    ).map(([what, name, configs]): [string, string, (world: World) => void] => [
      'relief-scope',
      what,
      (world) => {
        world.topics.set(name, { ...retention(168), ...configs });
        world.arm(name, retention(24));
        world.update(name, retention(24));
      },
    ]),
    ['relief-scope', 'a cluster that has not opted in', (world) => world.shorten(), { relief: { enabled: false } }],
    [
      'relief-respects-others',
      'a stranger’s value overwritten, two minutes after the API could show it',
      (world) => {
        world.shorten();
        world.updateByOthers(topic, retention(20));
        world.pass(2 * minute + 1);
        world.update(topic, retention(168));
      },
    ],
    [
      'retention-restored',
      'retention that is still short hours after its time',
      (world) => {
        world.shorten();
        world.pass(30 * hour + 1);
      },
    ],
    [
      'retention-restored',
      'a former value that is not quite the former one',
      (world) => {
        world.shorten();
        world.arm(topic, retention(100));
        world.update(topic, retention(100));
        world.pass(30 * hour + 1);
      },
    ],
  ])('%s catches %s', (invariant, _what, breakIt, change = {}) => {
    const world = new World(change);
    breakIt(world);
    expect(world.names).toEqual([invariant]);
  });

  // Both sides of each edge.
  it.each<[title: string, fine: (world: World) => void, change?: Change]>([
    [
      'a call six hours after the last change took effect',
      (world) => {
        world.grow(150);
        world.pass(6 * hour);
        world.attempt(200);
      },
    ],
    [
      'a call when what was learnt is over',
      (world) => {
        world.invariants.tell('coolDownWritten', volumeId, coolDown(9 * hour));
        world.grow(150);
        world.pass(9 * hour - 20 * minute);
        world.attempt(200);
      },
    ],
    [
      'a call at the time that the last refusal named',
      (world) => {
        world.invariants.tell('notBeforeWritten', volumeId, { atMs: startMs + hour, reason: 'cool-down' });
        world.pass(hour);
        world.attempt(200);
      },
    ],
    [
      'a call once the refusal is forgotten, or was about something else',
      (world) => {
        world.invariants.tell('notBeforeWritten', volumeId, { atMs: startMs + hour, reason: 'cool-down' });
        world.invariants.tell('notBeforeWritten', volumeId, undefined);
        world.attempt(200);
        world.invariants.tell('notBeforeWritten', volumeId, { atMs: startMs + hour, reason: 'approval-rejected' });
        world.attempt(200);
      },
    ],
    [
      'a call right after an operation that failed',
      (world) => {
        world.begin(150);
        world.pass(20 * minute);
        world.end('failed');
        world.grow(150);
      },
    ],
    [
      'a day in which a step failed and another one took its place',
      (world) => {
        world.begin(133);
        world.pass(20 * minute);
        world.end('failed');
        world.grow(133);
      },
      { policy: { growthGibPerDayMax: 99 } },
    ],
    ['a step of 10 GiB', (world) => world.grow(110)],
    ['the floor itself', (world) => shortenAndRestore(world, 12)],
    [
      'giving back while paused',
      (world) => {
        world.shorten();
        world.invariants.tell('pauseChanged', 'payments', true);
        world.pass(hour);
        world.update(topic, retention(168));
        world.pass(40 * hour);
      },
    ],
    [
      'retention that is given back at the last moment',
      (world) => {
        world.shorten();
        world.pass(30 * hour);
        world.update(topic, retention(168));
        world.pass(hour);
      },
    ],
    [
      'a topic that somebody else has deleted, and made again',
      (world) => {
        world.shorten();
        world.updateByOthers(topic, undefined);
        world.updateByOthers(topic, retention(12));
        world.pass(40 * hour);
      },
    ],
    [
      'a stranger’s value that the API could not show yet',
      (world) => {
        world.shorten();
        world.updateByOthers(topic, retention(20));
        world.pass(minute);
        world.update(topic, retention(168));
        world.pass(40 * hour);
      },
    ],
  ])('allow %s', (_title, fine, change = {}) => {
    const world = new World(change);
    fine(world);
    expect(world.invariants.violations).toEqual([]);
  });
});

function shortenAndRestore(world: World, hours: number): void {
  world.shorten(hours);
  world.pass(hour);
  world.update(topic, retention(168));
  world.pass(40 * hour);
}
