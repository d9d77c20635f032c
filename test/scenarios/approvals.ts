/** A growth that costs more than the policy allows without a person: what the three approval scenarios begin with. */
import type { Approval, Operation } from '../../functions/gateways/ledger/ledger.ts';
import type { Notice } from '../../simulator/cloud/sns.ts';
import { aScenario, minuteMs, vol, type Scenario, type ScenarioOptions } from './scenario.ts';

export const volumeId = vol(0, '/data1');

/** Until a person is asked. */
export async function asked(
  policy: ScenarioOptions['policy'] = {},
): Promise<{ scenario: Scenario; operation: Operation; approval: Approval; question: Notice }> {
  const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];
  const scenario = await aScenario({ brokers, policy: { approvalAboveUsdPerMonth: 0.5, ...policy } });
  scenario.use(volumeId, 76.5);
  await scenario.pass(20 * minuteMs);
  const operation = (await scenario.operationsOf(volumeId)).find(({ status }) => status === 'awaiting-approval');
  if (operation === undefined) throw new Error('nobody was asked');
  const approval = await approvalOf(scenario, operation.operationId);
  const [question] = noticesOf(scenario, 'approval');
  if (approval === undefined || question === undefined) throw new Error('the question was not put');
  return { scenario, operation, approval, question };
}

export function approvalOf({ simulation }: Scenario, operationId: string): Promise<Approval | undefined> {
  return simulation.within(() => simulation.ledger.approval(operationId));
}

export function noticesOf(scenario: Scenario, kind: 'approval' | 'approval-reminder' | 'escalation'): Notice[] {
  return scenario.notices().filter(({ attributes }) => attributes['kind'] === kind);
}

export async function ended(scenario: Scenario, operationId: string): Promise<Operation | undefined> {
  return (await scenario.operationsOf(volumeId)).find((operation) => operation.operationId === operationId);
}
