import { describe, expect, it } from '@jest/globals';
import type { Ec2Cluster, Fleet } from '../../../functions/fleet/fleet.ts';
import type { Intent, Waiting } from '../../../functions/gateways/ledger/ledger.ts';
import {
  Invariants,
  type ExecutionView,
  type InvariantWorld,
  type ModificationView,
  type Mutation,
} from '../../../simulator/invariants/index.ts';
import { loadStateMachine } from '../../../simulator/states-language/index.ts';

const startMs = Date.UTC(2026, 10, 21, 12);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const volumeId = 'vol-1';
const operationId = 'abcdef0123456789';

const cluster = {
  name: 'orders',
  kind: 'ec2',
  mode: 'act',
  mountPoints: ['/kafka'],
  policy: {
    modificationsPerDayMax: 4,
    stepGibMax: 200,
    sizeGibMax: 1_000,
    growthGibPerDayMax: 500,
    clusterGibMax: 2_000,
    clusterUsdPerMonthMax: 150,
  },
} as unknown as Ec2Cluster;
const fleetOf = (change: Partial<Ec2Cluster> = {}): Fleet =>
  ({ clusters: [{ ...cluster, ...change }], prices: { usdPerGibMonth: { gp3: 0.1 } } }) as unknown as Fleet;

const machine = (more: object = {}, task: object = {}) =>
  loadStateMachine({
    QueryLanguage: 'JSONata',
    StartAt: 'Wait',
    States: {
      Wait: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Arguments: { FunctionName: 'f', Payload: '{% $states.context.Task.Token %}' },
        End: true,
        ...task,
      },
    },
    ...more,
  });

/** A world in which the test itself plays the product. */
class World {
  nowMs = startMs;
  sizeGib = 100;
  othersGib = 0;
  modifications: ModificationView[] = [];
  execution: ExecutionView = {
    executionArn: 'arn:execution',
    name: `${operationId}-the-rest`,
    workflow: 'storage-scaling',
    status: 'RUNNING',
    startedMs: startMs,
    historyEvents: 1,
  };
  isDryRun = false;
  cluster: string | undefined = 'orders';
  readonly invariants: Invariants;
  #intents = 0;

  constructor(fleet: Fleet = fleetOf(), definition = machine({ TimeoutSeconds: 3 * 86_400 }, { TimeoutSeconds: 60 })) {
    const ebs = { volumes: 1, type: 'gp3' };
    const volume = () => ({ ...ebs, volumeId, sizeGib: this.sizeGib, modifications: this.modifications });
    const world: InvariantWorld = {
      fleet,
      nowMs: () => this.nowMs,
      volume: (id) => (id === volumeId ? volume() : undefined),
      clusterOf: (id) => (id === volumeId ? this.cluster : undefined),
      dataVolumes: () => [volume(), { ...ebs, volumeId: 'vol-2', sizeGib: this.othersGib, modifications: [] }],
      topicConfigs: () => undefined,
      executionOf: (id) => (this.execution.name.startsWith(id) ? this.execution : undefined),
      machines: [{ name: 'storage-scaling', machine: definition }],
      isDryRun: () => this.isDryRun,
    };
    this.invariants = new Invariants(world);
    this.invariants.tell('deployed');
    this.invariants.tell('executionStarted', this.execution);
  }

  mutation(sizeGib: number): Mutation {
    return {
      action: 'ec2:ModifyVolume',
      volumeId,
      sizeGib,
      document: undefined,
      instanceIds: [],
      topic: undefined,
      by: 'apply',
      atMs: this.nowMs,
    };
  }

  intend(sizeGib: number, change: Partial<Intent> = {}): Intent {
    this.#intents += 1;
    const intent: Intent = {
      intentId: `${operationId}/ec2:ModifyVolume/${this.#intents}`,
      operationId,
      cluster: 'orders',
      subject: `volume/${volumeId}`,
      action: 'ec2:ModifyVolume',
      request: { volumeId, sizeGib },
      atMs: this.nowMs,
      status: 'intended',
      ...change,
    };
    this.invariants.tell('intentWritten', { intent, before: undefined });
    return intent;
  }

  settle(intent: Intent, status: Intent['status']): void {
    this.invariants.tell('intentWritten', { intent: { ...intent, status, settledAtMs: this.nowMs }, before: intent });
  }

  /** The cloud takes the call. */
  modify(sizeGib: number): void {
    const mutation = this.mutation(sizeGib);
    this.invariants.tell('attempted', mutation);
    this.modifications.push({
      state: 'optimizing',
      originalGib: this.sizeGib,
      targetGib: sizeGib,
      startedAtMs: this.nowMs,
      endedAtMs: undefined,
      foreign: false,
    });
    this.sizeGib = sizeGib;
    this.invariants.tell('accepted', mutation);
  }

  complete(): void {
    const last = this.modifications.pop();
    if (last !== undefined) this.modifications.push({ ...last, state: 'completed', endedAtMs: this.nowMs });
    this.rest();
  }

  rest(afterMs = 0): void {
    this.nowMs += afterMs;
    this.invariants.tell('rested');
  }

  /** As it should be. */
  grow(sizeGib: number): void {
    const intent = this.intend(sizeGib);
    this.modify(sizeGib);
    this.settle(intent, 'accepted');
    this.rest(10 * minute);
    this.complete();
  }

  end(status: ExecutionView['status']): void {
    this.execution = { ...this.execution, status };
    this.invariants.tell('executionEnded', this.execution);
  }

  get names(): string[] {
    return [...new Set(this.invariants.violations.map(({ invariant }) => invariant))];
  }
}

const command = (world: World, change: Partial<Mutation> = {}): Mutation => ({
  action: 'ssm:SendCommand',
  volumeId,
  sizeGib: undefined,
  document: 'grow',
  instanceIds: ['i-1'],
  topic: undefined,
  by: 'grow-filesystem',
  atMs: world.nowMs,
  ...change,
});
const commandIntent = { action: 'ssm:SendCommand', request: { document: 'grow', instanceId: 'i-1' } };
const wait = (change: Partial<Waiting> = {}): Waiting => ({
  resource: 'volume/vol-1/usable',
  token: 't',
  operationId,
  cluster: 'orders',
  detail: {},
  sinceMs: startMs,
  ...change,
});

describe('invariants', () => {
  it('hold for a system that does as it should', () => {
    const world = new World();
    world.invariants.tell('waitWritten', wait());
    world.grow(150);
    world.grow(200);
    world.intend(200, commandIntent);
    world.invariants.tell('attempted', command(world));
    world.invariants.tell('accepted', command(world));
    world.invariants.tell('pauseChanged', 'orders', true);
    world.settle(world.intend(300), 'refused');
    world.rest(minute);
    expect(world.invariants.violations).toEqual([]);
  });

  it.each<[invariant: string, what: string, breakIt: (world: World) => void]>([
    [
      'one-change-at-a-time',
      'a modification while the previous one is optimizing',
      (world) => {
        world.settle(world.intend(150), 'refused');
        world.intend(150);
        world.modify(150);
        world.rest(minute);
        world.intend(160);
        world.modify(160);
      },
    ],
    [
      'modification-rate',
      'a fifth modification in 24 hours',
      (world) => {
        for (const gib of [110, 120, 130, 140]) world.grow(gib);
        expect(world.names).toEqual([]);
        world.rest(day - 40 * minute - 1);
        world.grow(150);
      },
    ],
    ['never-shrinks', 'a smaller size', (world) => world.grow(90)],
    [
      'never-shrinks',
      'a volume that is found smaller',
      (world) => {
        world.grow(150);
        world.intend(160);
        world.modify(160);
        world.rest();
        world.sizeGib = 155;
        world.rest();
      },
    ],
    [
      'size-cap',
      'a size above the cap',
      (world) => {
        world.sizeGib = 900;
        world.grow(1_001);
      },
    ],
    [
      'foreign-volume',
      'a volume that belongs to no cluster of the fleet',
      (world) => {
        world.cluster = undefined;
        world.grow(150);
      },
    ],
    ['step-cap', 'a step above the cap', (world) => world.grow(301)],
    [
      'day-cap',
      'three steps that are too much for a day',
      (world) => {
        for (const gib of [290, 480]) world.grow(gib);
        expect(world.names).toEqual([]);
        world.grow(601);
      },
    ],
    [
      'cluster-cap',
      'more GiB than the cluster may have',
      (world) => {
        world.othersGib = 1_900;
        world.grow(101);
      },
    ],
    [
      'cluster-cap',
      'more money than the cluster may cost',
      (world) => {
        world.othersGib = 1_401;
        world.grow(100);
      },
    ],
    [
      'quiet-in-dry-run',
      'a call in a dry run, accepted or not',
      (world) => {
        world.isDryRun = true;
        world.invariants.tell('attempted', world.mutation(150));
      },
    ],
    [
      'quiet-while-paused',
      'a call after the pause of the cluster',
      (world) => {
        world.intend(150);
        world.invariants.tell('pauseChanged', 'orders', true);
        world.rest(1_001);
        world.invariants.tell('attempted', world.mutation(150));
      },
    ],
    [
      'quiet-while-paused',
      'a call after the pause of the fleet',
      (world) => {
        world.invariants.tell('pauseChanged', '*', true);
        world.rest(minute);
        world.invariants.tell('attempted', world.mutation(150));
      },
    ],
    ['intent-before-effect', 'a modification without an intent', (world) => world.modify(150)],
    [
      'intent-before-effect',
      'a modification to another size than intended',
      (world) => {
        world.intend(150);
        world.modify(160);
      },
    ],
    [
      'intent-before-effect',
      'a modification after its intent was settled',
      (world) => {
        world.settle(world.intend(150), 'refused');
        world.modify(150);
      },
    ],
    [
      'intent-before-effect',
      'a command without an intent',
      (world) => world.invariants.tell('accepted', command(world)),
    ],
    [
      'intent-before-effect',
      'a command for another instance than intended',
      (world) => {
        world.intend(150, commandIntent);
        world.invariants.tell('accepted', command(world, { instanceIds: ['i-2'] }));
      },
    ],
    [
      'one-effect-per-intent',
      'a second modification under an intent that is still open',
      (world) => {
        world.settle(world.intend(150), 'unknown');
        world.modify(150);
        world.rest(minute);
        world.complete();
        world.modify(150);
      },
    ],
    [
      'ledger-agrees',
      'an effect that the ledger calls refused',
      (world) => {
        const intent = world.intend(150);
        world.modify(150);
        world.settle(intent, 'refused');
      },
    ],
    [
      'ledger-agrees',
      'an acceptance that the cloud knows nothing of',
      (world) => world.settle(world.intend(150), 'accepted'),
    ],
    [
      'ledger-agrees',
      'an intent that its execution left open',
      (world) => {
        world.intend(150);
        world.end('FAILED');
      },
    ],
    [
      'wait-without-execution',
      'a wait of an operation that does not run',
      (world) => world.invariants.tell('waitWritten', wait({ operationId: 'gone' })),
    ],
    ['execution-ends', 'an execution older than its time-out', (world) => world.rest(3 * day + 1)],
    [
      'short-history',
      'more than 2,000 events',
      (world) => world.invariants.tell('executionProgressed', { ...world.execution, historyEvents: 2_001 }),
    ],
  ])('%s catches %s', (invariant, _what, breakIt) => {
    const world = new World();
    breakIt(world);
    expect(world.names).toEqual([invariant]);
  });

  it('quiet-in-observe catches a call for a cluster that is only observed', () => {
    const world = new World(fleetOf({ mode: 'observe' }));
    world.invariants.tell('attempted', world.mutation(150));
    expect(world.names).toEqual(['quiet-in-observe']);
  });

  it.each([
    ['a workflow without a time-out', machine({}, { TimeoutSeconds: 60 })],
    ['a task that waits for a token without a limit', machine({ TimeoutSeconds: 60 })],
  ])('wait-deadline catches %s', (_what, definition) => {
    expect(new World(fleetOf(), definition).names).toEqual(['wait-deadline']);
  });

  // Both sides of each edge.
  it('allows a fifth modification once the first is 24 hours old', () => {
    const world = new World();
    for (const gib of [110, 120, 130, 140]) world.grow(gib);
    world.rest(day - 40 * minute);
    world.grow(150);
    expect(world.invariants.violations).toEqual([]);
  });

  it('lets a call arrive that was on its way when the pause was written', () => {
    const world = new World();
    world.intend(150);
    world.invariants.tell('pauseChanged', 'orders', true);
    world.rest(1_000);
    world.modify(150);
    expect(world.invariants.violations).toEqual([]);
  });

  it('counts a step to the day on which it was intended', () => {
    const world = new World();
    world.nowMs = Date.UTC(2026, 10, 21, 23, 0);
    for (const gib of [290, 480]) world.grow(gib);
    world.nowMs = Date.UTC(2026, 10, 21, 23, 59, 59, 999);
    const intent = world.intend(600);
    world.nowMs += 5;
    world.modify(600);
    world.settle(intent, 'accepted');
    expect(world.invariants.violations).toEqual([]);
    world.rest(10 * minute);
    world.complete();
    world.grow(800);
    expect(world.invariants.violations).toEqual([]);
  });

  it('takes what failed off the day it was asked for', () => {
    const world = new World();
    for (const gib of [290, 480]) world.grow(gib);
    const intent = world.intend(600);
    world.modify(600);
    world.settle(intent, 'accepted');
    const last = world.modifications.pop();
    if (last !== undefined) world.modifications.push({ ...last, state: 'failed', endedAtMs: world.nowMs });
    world.sizeGib = 480;
    world.rest(minute);
    world.grow(600);
    expect(world.invariants.violations).toEqual([]);
  });

  it('allows the size to go back when a modification failed', () => {
    const world = new World();
    world.grow(150);
    world.intend(160);
    world.modify(160);
    world.rest();
    const last = world.modifications.pop();
    if (last !== undefined) world.modifications.push({ ...last, state: 'failed', endedAtMs: world.nowMs });
    world.sizeGib = 150;
    world.rest(minute);
    expect(world.invariants.violations).toEqual([]);
  });

  it('forgives what a stopped execution left open', () => {
    const world = new World();
    world.intend(150);
    world.invariants.tell('waitWritten', wait());
    world.end('ABORTED');
    expect(world.invariants.violations).toEqual([]);
  });
});
