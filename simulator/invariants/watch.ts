/** Lets the invariants watch a booted simulation: its calls, its ledger, its executions, its instants of rest. */
import type { Fleet } from '../../functions/fleet/fleet.ts';
import type { Call } from '../cloud/service.ts';
import type { ExecutionView, Mutation } from './checker.ts';
import { Invariants } from './invariants.ts';
import { tellOfWrite } from './ledger-items.ts';
import { mutationsOf } from './mutations.ts';
import type { Watched, WatchOptions } from './watched.ts';
import { worldOf } from './world.ts';

/** Length of an operation's id: the beginning of its execution's name (docs/design.md). */
const operationIdLength = 16;

/** From now on; `violations` fills as the simulation runs. */
export function watch(watched: Watched, fleet: Fleet, options: WatchOptions = {}): Invariants {
  const { cloud, deployment, msk } = watched;
  const executions = new Map<string, ExecutionView>();
  /** Storage operations of MSK that the system under test began. */
  const own = new Set<string>();
  const invariants = new Invariants(worldOf(watched, fleet, executions, own, options));
  const recognise = mutationsOf(watched, fleet);

  deployment.states.observe({
    started(record) {
      executions.set(record.name.slice(0, operationIdLength), record);
      invariants.tell('executionStarted', record);
    },
    progressed: (record) => invariants.tell('executionProgressed', record),
    ended: (record) => invariants.tell('executionEnded', record),
  });
  watched.onLedgerWrite((after, before) => tellOfWrite(invariants, after, before));
  const mutations = new WeakMap<Call, Mutation>();
  /** A call is answered at once: what MSK says meanwhile is its doing. */
  let answering: Mutation | undefined;
  cloud.observe({
    before(call) {
      const mutation = recognise(call);
      if (mutation === undefined) return;
      mutations.set(call, mutation);
      answering = mutation;
      invariants.tell('attempted', mutation);
    },
    after(call, outcome) {
      const mutation = mutations.get(call);
      if (mutation === undefined) return;
      answering = undefined;
      if ('answer' in outcome) invariants.tell('accepted', mutation);
    },
  });
  msk.onUpdate(({ operationArn }) => {
    if (answering !== undefined) own.add(operationArn);
  });
  msk.onTopicChange(({ clusterArn, name, before, after }) => {
    const cluster = fleet.clusters.find((one) => one.kind === 'msk' && one.clusterArn === clusterArn);
    if (answering !== undefined || cluster === undefined) return;
    invariants.tell('topicChangedByOthers', cluster.name, name, before, after);
  });
  watched.observe({ afterEach: () => invariants.tell('rested') });
  invariants.tell('deployed');
  return invariants;
}
