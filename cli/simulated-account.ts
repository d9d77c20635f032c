/**
 * The account of a simulation that is kept in a directory: each command replays it, does its part, lets some virtual time
 * pass where it changed something, and appends.
 */
import { ebsGateway } from '../functions/gateways/ebs.ts';
import { metricsGateway } from '../functions/gateways/metrics.ts';
import { mskTopicsGateway } from '../functions/gateways/msk-topics.ts';
import { mskGateway } from '../functions/gateways/msk.ts';
import { scalingOwnersGateway } from '../functions/gateways/scaling-owners.ts';
import type { Simulation } from '../simulator/deploy/boot.ts';
import { readSimulation, replay, saveSimulation } from '../simulator/run/saved.ts';
import { FunctionFailed, type Account, type OpenSimulatedAccount } from './account.ts';
import { growthOf } from './growth.ts';
import { WrongInput } from './outcome.ts';
import { synthesizeFleet } from './synthesize-fleet.ts';

/** After a change: long enough for a modification to be usable and its file system to grow. */
const passesMs = 15 * 60_000;

/** @throws WrongInput without a simulation in the directory */
export const openSimulatedAccount: OpenSimulatedAccount = async ({ directory, fleetFile }) => {
  if (fleetFile !== undefined)
    throw new WrongInput('a simulation keeps its own fleet: --fleet and --simulated exclude each other');
  const saved = read(directory);
  const run = await replay(saved, await synthesizeFleet(saved.fleet));
  const { simulation } = run;
  const within = oneAfterTheOther(simulation);
  const gateways = {
    ledger: simulation.ledger,
    ebs: ebsGateway(simulation.operatorRuntime),
    msk: mskGateway(simulation.operatorRuntime),
    scalingOwners: scalingOwnersGateway(simulation.operatorRuntime),
    metrics: metricsGateway(simulation.operatorRuntime),
  };
  const growth = growthOf(() => ({ ...gateways, nowMs: simulation.clock.nowMs() }), saved.fleet);
  const { inputs } = saved;
  let changed = false;

  const account: Account = {
    fleet: saved.fleet,
    clock: simulation.clock,
    ledger: inVirtualTime(within, gateways.ledger),
    ebs: inVirtualTime(within, gateways.ebs),
    msk: inVirtualTime(within, gateways.msk),
    scalingOwners: inVirtualTime(within, gateways.scalingOwners),
    topics: inVirtualTime(within, mskTopicsGateway(simulation.operatorRuntime)),
    metrics: inVirtualTime(within, gateways.metrics),
    invoke: async (verb, payload) => {
      inputs.push({ atMs: simulation.clock.nowMs(), verb, payload });
      changed = true;
      try {
        return await simulation.invoke(verb, payload);
      } catch (error) {
        throw new FunctionFailed(verb, (error as Error).name, (error as Error).message);
      }
    },
    plan: (cluster) => within(() => growth.plan(cluster)),
    decide: (volume, request) => within(() => growth.decide(volume, request)),
    caller: () => Promise.resolve('operator'),
    newRequestId: () => `request-${inputs.length + 1}`,
    close: async () => {
      if (!changed) return;
      await run.advance(simulation.clock.nowMs() + passesMs);
      saveSimulation(directory, { ...saved, inputs, nowMs: simulation.clock.nowMs() });
    },
  };
  return account;
};

function read(directory: string): ReturnType<typeof readSimulation> {
  try {
    return readSimulation(directory);
  } catch (error) {
    throw new WrongInput(
      `${directory}: no simulation to go on with (${(error as Error).message}). Make one: npm start -- --days 3 --operator none --out ${directory}`,
    );
  }
}

type Within = <T>(work: () => Promise<T>) => Promise<T>;

/** Verbs may ask for several things at once; each needs virtual time, and there is one clock. */
function oneAfterTheOther(simulation: Simulation): Within {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(() => simulation.within(work));
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** Each method as an activity of the simulation's clock. */
function inVirtualTime<T extends object>(within: Within, gateway: T): T {
  return new Proxy(gateway, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => within(() => Promise.resolve(Reflect.apply(member, target, args)));
    },
  });
}
