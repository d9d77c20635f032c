import { describe, expect, it } from '@jest/globals';
import { startWorkflow } from '../../functions/control/start-workflow.step.ts';
import type { WorkflowsGateway } from '../../functions/gateways/types.ts';
import {
  anMskCluster,
  anMskRow,
  command,
  fakeAccount,
  HOUR_MS,
  MSK_FLEET,
  NOW_MS,
  type World,
} from './fake-account.ts';

const clicks = {
  name: 'clicks',
  id: 'arn:topic/clicks',
  partitions: 3,
  replicationFactor: 3,
  configs: { 'cleanup.policy': 'delete', 'retention.ms': String(168 * HOUR_MS), 'retention.bytes': '-1' },
};
const world: World = {
  fleet: MSK_FLEET,
  plan: [anMskRow()],
  mskClusters: [anMskCluster()],
  topics: [clicks],
  metrics: { 'payments-prod 1': 85, 'payments-prod 2': 85, 'payments-prod 3': 85 },
  answers: { 'start-workflow': { started: 'new', operationId: 'feed', executionArn: 'arn' } },
};
const reliefs = [
  {
    reliefId: 'feed',
    cluster: 'payments',
    volumeId: 'msk/payments',
    armedAtMs: NOW_MS,
    restoreAtMs: NOW_MS + HOUR_MS,
    topics: [],
  },
];

/** What the verb asks for, as `start-workflow` understands it. */
async function startedBy(line: string[], given: World): Promise<unknown> {
  const { invoked } = await command([...line, '--yes'], given);
  const starts: unknown[] = [];
  const workflows: Partial<WorkflowsGateway> = {
    start: (request) => {
      starts.push(request);
      return Promise.resolve({ started: 'new', executionArn: 'arn' });
    },
  };
  const { account } = fakeAccount(given);
  const step = startWorkflow({
    fleet: account.fleet,
    ledger: account.ledger,
    workflows: workflows as WorkflowsGateway,
  });
  for (const { payload } of invoked) await step(payload);
  return starts;
}

describe('the one way in takes what verbs ask for', () => {
  it.each([
    [['grow', 'payments', '--to', '1200'], 'storage-scaling', { request: { action: 'grow', toGib: 1200 } }],
    [['relieve', 'payments', '--topic', 'clicks'], 'retention-relief', { request: { topics: ['clicks'] } }],
  ])('%j', async (line, workflow, about) => {
    const input = { cluster: 'payments', subject: 'msk/payments', ...about };
    expect(await startedBy(line, world)).toMatchObject([{ workflow, input }]);
  });

  it('restore-retention', async () => {
    const input = { cluster: 'payments', subject: 'topics/payments', reliefId: 'feed' };
    expect(await startedBy(['restore-retention', 'payments'], { ...world, reliefs })).toMatchObject([
      { workflow: 'retention-restore', input },
    ]);
  });
});
