/**
 * The ledger's table as each function finds it: DynamoDB is the simulator's, which obeys conditions, and what stands in it
 * was written by the ledger's own gateway. Set back before each invocation, so that a warm one does what the first one did.
 */
import { marshall } from '@aws-sdk/util-dynamodb';
import { ledgerGateway } from '../../functions/gateways/ledger/dynamodb.ts';
import type { ReliefTopic } from '../../functions/gateways/ledger/ledger.ts';
import { ledgerTable } from '../../functions/gateways/ledger/table.ts';
import { production } from '../../functions/runtime/runtime.ts';
import type { Verb } from '../../infra/function-table.ts';
import { DynamoDbService, type PlainItem } from '../../simulator/cloud/dynamodb/service.ts';
import { AwsError } from '../../simulator/cloud/service.ts';
import { facts, operation, plan, planned, relieving, restoring, topics } from './events.ts';
import { instanceId, ledgerName, mountPoints, volumeId, volumeIds } from './names.ts';
import type { Input } from './requests.ts';

const principal = { roleArn: 'arn:aws:iam::123456789012:role/bench', name: 'bench' };

export class StubLedger {
  #service = emptyTable();
  #seeded: PlainItem[] = [];

  keepAsSeed(): void {
    this.#seeded = [...this.#service.items(ledgerName)];
  }

  reset(): void {
    this.#service = emptyTable();
    for (const item of this.#seeded) this.#handle('PutItem', { TableName: ledgerName, Item: marshall(item) });
  }

  /** What DynamoDB answers; a refusal has `__type`. */
  answer(name: string, input: Input): object {
    try {
      return this.#handle(name, input) as object;
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { name: __type, message, $fault: _, $metadata: __, ...members } = error;
      return { __type, message, ...members };
    }
  }

  #handle(name: string, input: Input): unknown {
    return this.#service.handle({ service: 'dynamodb', operation: name, input, principal, atMs: Date.now() });
  }
}

function emptyTable(): DynamoDbService {
  const clock = { nowMs: () => Date.now() };
  const service = new DynamoDbService({ clock, account: '123456789012', region: 'us-east-1' });
  service.createTable({ TableName: ledgerName, ...ledgerTable });
  return service;
}

/** They come before the states that write of the operation: it opens with them, or they know of none. */
const first: ReadonlySet<Verb> = new Set<Verb>([
  'start-workflow',
  'plan-sweep',
  'survey-page',
  'collect-due',
  'observe',
  'plan-relief',
  'restore-retention',
]);

/** How far the relief has come. */
const reliefs: Partial<Record<Verb, ReliefTopic['state']>> = {
  'shorten-retention': 'planned',
  'record-relief': 'shortened',
  'restore-retention': 'shortened',
  'record-restore': 'restored',
};

/** @param endpoint of this function's own ledger */
export async function seed(verb: Verb, endpoint: string): Promise<void> {
  const ledger = ledgerGateway({
    ...production(),
    environment: { LEDGER_TABLE: ledgerName },
    clientDefaults: {
      region: 'us-east-1',
      endpoint,
      credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    },
  });
  const nowMs = Date.now();
  const { operationId, cluster, executionArn } = operation;
  for (const [at, id] of volumeIds.entries()) {
    await ledger.seeVolume({ cluster, volumeId: id, instanceId, sizeGib: 100, ownerTags: {}, nowMs });
    const mountPoint = mountPoints[at] ?? '';
    await ledger.saveInspection(cluster, id, { ...facts.volumes[0].inspection, mountPoint, atMs: nowMs });
  }
  const state = reliefs[verb];
  if (state !== undefined) {
    const restoreAtMs = nowMs + planned.restoreAfterHours * 3_600_000;
    const { operationId: reliefId, cluster: relieved, subject } = relieving;
    const armed = topics.map(({ name, id, former, shortened }) => ({
      name,
      id,
      former,
      shortened,
      state: 'planned' as const,
    }));
    await ledger.armRelief({
      reliefId,
      cluster: relieved,
      volumeId: subject,
      armedAtMs: nowMs,
      restoreAtMs,
      topics: armed,
    });
    for (const { name } of topics) await ledger.setReliefTopic(reliefId, { name, state });
  }
  if (first.has(verb)) return;

  const open = [
    { workflow: 'storage-scaling', of: operation },
    { workflow: 'retention-relief', of: relieving },
    { workflow: 'retention-restore', of: restoring },
  ];
  for (const { workflow, of } of open) {
    const { operationId: id, cluster: name, subject, executionArn: arn, trigger } = of;
    const fields = { operationId: id, cluster: name, subject, executionArn: arn, trigger };
    await ledger.openOperation({ ...fields, workflow, startedAtMs: nowMs, status: 'running', timeline: [] });
  }
  await ledger.takeLease({ name: `volume/${volumeId}`, operationId, executionArn, nowMs });
  const holder = verb === 'record-restore' ? restoring : relieving;
  const { operationId: holderId, executionArn: holderArn } = holder;
  await ledger.takeLease({ name: 'topics/payments', operationId: holderId, executionArn: holderArn, nowMs });
  if (verb === 'answer-approval')
    await ledger.requestApproval({
      operationId,
      cluster,
      planHash: 'hash',
      plan,
      token: 'token',
      requestedAtMs: nowMs,
      expiresAtMs: nowMs + 3_600_000,
    });
  if (verb === 'wake-waiting')
    await ledger.putWaiting({
      resource: `volume/${volumeId}/usable`,
      token: 'token',
      operationId,
      cluster,
      detail: { volumeId, targetGib: 130 },
      sinceMs: nowMs,
    });
}
