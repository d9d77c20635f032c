/**
 * Just enough of DynamoDB for the functions to run to their end: items by key, simple updates, conditions taken as met.
 * Seeded through the ledger's own gateway, and set back before each measurement.
 */
import { ledgerGateway } from '../../functions/gateways/ledger/dynamodb.ts';
import { production } from '../../functions/runtime/runtime.ts';
import { facts, operation, plan } from './events.ts';
import { instanceId, volumeId } from './names.ts';

type Value = Record<string, unknown>;
type Item = Record<string, Value>;

interface Write {
  Key?: Item;
  Item?: Item;
  UpdateExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, Value>;
}

const nameOf = (key: Item | undefined): string => JSON.stringify([key?.pk?.S, key?.sk?.S]);

export class StubLedger {
  #items = new Map<string, Item>();
  #seeded = new Map<string, Item>();

  keepAsSeed(): void {
    this.#seeded = new Map(this.#items);
  }

  reset(): void {
    this.#items = new Map(this.#seeded);
  }

  answer(operation: string, body: string): object {
    const request = JSON.parse(body) as Write & { TransactItems?: { Put?: Write; Update?: Write }[] };
    switch (operation) {
      case 'GetItem': {
        const item = this.#items.get(nameOf(request.Key));
        return item === undefined ? {} : { Item: item };
      }
      case 'Query': {
        const [pk, prefix] = Object.values(request.ExpressionAttributeValues ?? {}).map(({ S }) => String(S));
        const found = [...this.#items.values()].filter(
          (item) => item.pk?.S === pk && String(item.sk?.S).startsWith(prefix ?? ''),
        );
        return { Items: found, Count: found.length, ScannedCount: found.length };
      }
      case 'DeleteItem':
        this.#items.delete(nameOf(request.Key));
        return {};
      case 'TransactWriteItems':
        for (const { Put, Update } of request.TransactItems ?? []) this.#write(Put ?? Update ?? {});
        return {};
      default:
        return { Attributes: this.#write(request) };
    }
  }

  #write({ Key, Item, UpdateExpression, ExpressionAttributeNames, ExpressionAttributeValues }: Write): Item {
    const item = Item ?? structuredClone(this.#items.get(nameOf(Key)) ?? Key ?? {});
    // What is seeded once is written as if it were not there yet.
    const plain = (UpdateExpression ?? '').replace(/if_not_exists\([^,]+, (:\w+)\)/g, '$1');
    const clauses = plain.split(/\b(?=SET |REMOVE |ADD |DELETE )/);
    for (const clause of clauses) {
      for (const part of clause.replace(/^\w+ /, '').split(',')) {
        const [path = '', value = ''] = part.trim().split(/ = | /);
        const steps = path.split('.').map((step) => ExpressionAttributeNames?.[step] ?? step);
        const target = steps.slice(0, -1).reduce<Item>((at, step) => ((at[step] ??= { M: {} }).M ?? {}) as Item, item);
        const last = steps.at(-1) ?? '';
        if (clause.startsWith('REMOVE')) delete target[last];
        else if (ExpressionAttributeValues?.[value] !== undefined) target[last] = ExpressionAttributeValues[value];
      }
    }
    this.#items.set(nameOf(Item ?? Key), item);
    return item;
  }
}

/** What stands in the ledger when an operation is under way, written by the ledger itself. */
export async function seed(endpoint: string): Promise<void> {
  const ledger = ledgerGateway({
    ...production(),
    environment: { LEDGER_TABLE: 'demo-ledger' },
    clientDefaults: {
      region: 'us-east-1',
      endpoint,
      credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    },
  });
  const nowMs = Date.now();
  const { operationId, cluster, executionArn, trigger } = operation;
  await ledger.openOperation({
    operationId,
    workflow: 'storage-scaling',
    cluster,
    subject: volumeId,
    executionArn,
    trigger,
    startedAtMs: nowMs,
    status: 'running',
    timeline: [],
  });
  await ledger.takeLease({ name: `volume/${volumeId}`, operationId, executionArn, nowMs });
  await ledger.seeVolume({ cluster, volumeId, instanceId, sizeGib: 100, ownerTags: {}, nowMs });
  await ledger.saveInspection(cluster, volumeId, { ...facts.volumes[0].inspection, atMs: nowMs });
  await ledger.requestApproval({
    operationId,
    cluster,
    planHash: 'hash',
    plan,
    token: 'token',
    requestedAtMs: nowMs,
    expiresAtMs: nowMs + 3_600_000,
  });
  await ledger.putWaiting({
    resource: `volume/${volumeId}/usable`,
    token: 'token',
    operationId,
    cluster,
    detail: { volumeId, targetGib: 130 },
    sinceMs: nowMs,
  });
}
