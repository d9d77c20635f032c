/** Growth is barred by the cool-down and the brokers would be full before it ends: what the scenarios of relief begin with. */
import type { Operation } from '../../../functions/gateways/ledger/ledger.ts';
import type { NewTopic } from '../../../simulator/cloud/msk.ts';
import { hourMs, minuteMs } from '../world.ts';
import { anMskScenario, type MskOptions, type MskScenario } from './msk-scenario.ts';

export const hoursOf = (hours: number): string => String(hours * hourMs);

/** Two that may be shortened, and one of each kind that may not. */
export const topics: NewTopic[] = [
  topic('payments-events', 0.5, { 'retention.ms': hoursOf(168) }),
  topic('payments-requests', 0.2, { 'retention.ms': hoursOf(72) }),
  topic('payments-state', 0.1, { 'cleanup.policy': 'compact' }),
  topic('payments-audit', 0.15, { 'retention.ms': hoursOf(720) }),
];

function topic(name: string, share: number, configs: Record<string, string>): NewTopic {
  return { name, partitions: 6, replicationFactor: 3, share, configs };
}

/**
 * Somebody grew the cluster to 110 GiB at the start: MSK takes no change for 6 h, and the brokers are full in five.
 * Nothing is decided yet.
 */
export async function barred(options: MskOptions = {}): Promise<MskScenario> {
  const scenario = await anMskScenario({
    usedGib: 72,
    topics,
    // Growth is due long before it is barred.
    ...options,
    relief: { enabled: true, ...options.relief },
    policy: { usedFractionMax: 0.8, fullWithinHours: 6, ...options.policy },
  });
  const { msk } = scenario.simulation;
  msk.switches.operationMs = () => minuteMs;
  msk.foreignUpdate(scenario.clusterArn, { volumeGib: 110 });
  await scenario.pass(2 * minuteMs);
  msk.switches.operationMs = () => 20 * minuteMs;
  scenario.rise(80, 7, 200);
  return scenario;
}

export async function reliefs(scenario: MskScenario): Promise<Operation[]> {
  return (await scenario.operations()).filter(({ workflow }) => workflow === 'retention-relief');
}

export async function restores(scenario: MskScenario): Promise<Operation[]> {
  return (await scenario.operations()).filter(({ workflow }) => workflow === 'retention-restore');
}

/** Until a person is asked. */
export async function asked(options: MskOptions = {}): Promise<{ scenario: MskScenario; operation: Operation }> {
  const scenario = await barred(options);
  for (let tries = 0; tries < 24; tries++) {
    await scenario.pass(5 * minuteMs);
    const operation = (await reliefs(scenario)).find(({ status }) => status === 'awaiting-approval');
    if (operation !== undefined) return { scenario, operation };
  }
  const seen = (await scenario.operations()).map(({ workflow, outcome, decision }) => ({
    workflow,
    outcome,
    decision,
  }));
  throw new Error(`nobody was asked: ${JSON.stringify(seen)}`);
}

/** Until it is shortened, without a question. */
export async function shortened(options: MskOptions = {}): Promise<{ scenario: MskScenario; operation: Operation }> {
  const scenario = await barred({ ...options, relief: { approval: 'waived', ...options.relief } });
  for (let tries = 0; tries < 24; tries++) {
    await scenario.pass(5 * minuteMs);
    const operation = (await reliefs(scenario)).find(({ outcome = '' }) => outcome.startsWith('shortened'));
    if (operation !== undefined) return { scenario, operation };
  }
  const seen = (await scenario.operations()).map(({ workflow, outcome, decision }) => ({
    workflow,
    outcome,
    decision,
  }));
  throw new Error(`nothing was shortened: ${JSON.stringify(seen)}`);
}

/** Hours, as it holds in the cluster itself. */
export function retentionHours(scenario: MskScenario, name: string): number {
  return Number(scenario.simulation.msk.topicConfigs(scenario.clusterArn, name)['retention.ms']) / hourMs;
}

/** Every topic has the retention that it began with. */
export function formerRetention(scenario: MskScenario): Record<string, number> {
  return Object.fromEntries(
    ['payments-events', 'payments-requests', 'payments-audit'].map((name) => [name, retentionHours(scenario, name)]),
  );
}
export const former = { 'payments-events': 168, 'payments-requests': 72, 'payments-audit': 720 };

/** Of undo that is still armed. */
export function schedules({ simulation }: MskScenario): string[] {
  return simulation.scheduler.oneTime().map(({ name }) => name);
}
