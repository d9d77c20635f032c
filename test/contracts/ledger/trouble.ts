import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, it } from '@jest/globals';
import {
  heardKey,
  intentKey,
  leaseKey,
  operationKey,
  queueKey,
  reliefKey,
  sightKey,
} from '../../../functions/gateways/ledger/keys.ts';
import {
  anIntent,
  anOperation,
  aRelief,
  aReservation,
  aSight,
  cluster,
  lease,
  type MakeLedger,
  noonMs,
  reserve,
  subject,
  today,
  volumeId,
} from './fixtures.ts';
import type { TestTable } from '../../support/dynamodb.ts';

const put = ({ client, name }: TestTable, item: Record<string, unknown>) =>
  client.send(new PutItemCommand({ TableName: name, Item: marshall(item, { removeUndefinedValues: true }) }));

const unreadable = { name: 'LedgerItemUnreadable', faultClass: 'defect' };
const request = { intent: anIntent(), lease, clusterVersion: 0, reservation: aReservation(), day: today };

export function troubleCases(make: MakeLedger): void {
  it('refuses an item of a newer schema', async () => {
    const { ledger, table } = await make();
    await put(table, { ...operationKey('op-1'), ...anOperation(), revision: 1, type: 'operation', schemaVersion: 2 });
    await expect(ledger.operation('op-1')).rejects.toMatchObject(unreadable);
  });

  it('refuses an item without a schema version', async () => {
    const { ledger, table } = await make();
    await put(table, { ...operationKey('op-1'), ...anOperation(), revision: 1, type: 'operation' });
    await expect(ledger.operation('op-1')).rejects.toMatchObject(unreadable);
  });

  it('refuses an item of another type', async () => {
    const { ledger, table } = await make();
    await put(table, { ...operationKey('op-1'), ...anOperation(), revision: 1, type: 'approval', schemaVersion: 1 });
    await expect(ledger.operation('op-1')).rejects.toMatchObject(unreadable);
  });

  it('refuses damaged items, one by one and in lists', async () => {
    const { ledger, table } = await make();
    const stamp = { schemaVersion: 1 };
    await put(table, { ...sightKey(cluster, volumeId), ...stamp, type: 'sight', cluster, volumeId });
    await expect(ledger.volumes(cluster)).rejects.toMatchObject(unreadable);
    await put(table, { ...leaseKey(subject), ...stamp, type: 'lease', executionArn: 'x', fence: 1 });
    await expect(ledger.readLease(subject)).rejects.toMatchObject(unreadable);
    const intent = { ...anIntent(), status: 'done', type: 'intent' };
    await put(table, { ...intentKey(subject, intent.intentId), ...stamp, ...intent });
    await expect(ledger.journal(subject, 0)).rejects.toMatchObject(unreadable);
    await put(table, { ...heardKey(subject), ...stamp, type: 'heard', atMs: 'noon' });
    await expect(ledger.wasHeard(subject, 0)).rejects.toMatchObject(unreadable);
    const topics = [{ name: 'clicks', state: 'lengthened' }];
    await put(table, { ...reliefKey('op-1'), ...stamp, ...aRelief(), topics, type: 'relief' });
    await expect(ledger.relief('op-1')).rejects.toMatchObject(unreadable);
    await put(table, { ...queueKey('q'), schemaVersion: 2, type: 'queue', nextAtMs: noonMs });
    const slot = { queue: 'q', holder: 'h', nowMs: noonMs, burst: 1, everyMs: 1 };
    await expect(ledger.takeSlot(slot)).rejects.toMatchObject(unreadable);
  });

  it('ignores fields that it does not know', async () => {
    const { ledger, table } = await make();
    const item = { ...operationKey('op-1'), ...anOperation(), revision: 1, type: 'operation', schemaVersion: 1 };
    await put(table, { ...item, later: true });
    expect(await ledger.operation('op-1')).toEqual(anOperation());
  });

  it.each([
    ['TransactionConflict', 'LedgerContended'],
    ['ThrottlingError', 'Throttled'],
    ['ProvisionedThroughputExceeded', 'Throttled'],
  ])('lets the workflow retry a transaction cancelled by %s', async (Code, name) => {
    const { ledger, table } = await make();
    const reasons = [{ Code: 'None' }, { Code, Message: 'x' }, { Code: 'None' }, { Code: 'None' }];
    await ledger.clusterState(cluster);
    table.beforeNextWrite(() =>
      Promise.reject(
        Object.assign(new Error('cancelled'), {
          name: 'TransactionCanceledException',
          $fault: 'client',
          $metadata: { httpStatusCode: 400 },
          CancellationReasons: reasons,
        }),
      ),
    );
    await expect(ledger.reserveIntent(request)).rejects.toMatchObject({ name, faultClass: 'transient' });
  });

  it('calls a reason for a cancelled transaction that no table knows a defect', async () => {
    const { ledger, table } = await make();
    table.beforeNextWrite(() =>
      Promise.reject(
        Object.assign(new Error('cancelled'), {
          name: 'TransactionCanceledException',
          $fault: 'client',
          $metadata: { httpStatusCode: 400 },
          CancellationReasons: [{ Code: 'ValidationError' }],
        }),
      ),
    );
    await expect(ledger.reserveIntent(request)).rejects.toMatchObject({
      name: 'UnknownAwsError',
      faultClass: 'defect',
    });
  });

  it.each([
    ['TransactionConflictException', 400, 'LedgerContended', 'transient'],
    ['ProvisionedThroughputExceededException', 400, 'Throttled', 'transient'],
    ['ThrottlingException', 400, 'Throttled', 'transient'],
    ['RequestLimitExceeded', 400, 'Throttled', 'transient'],
    ['InternalServerError', 500, 'AnswerLost', 'transient'],
    ['TimeoutError', 0, 'AnswerLost', 'transient'],
    ['AccessDeniedException', 400, 'AccessDenied', 'refused'],
    ['ResourceNotFoundException', 400, 'UnknownAwsError', 'defect'],
    ['ValidationException', 400, 'UnknownAwsError', 'defect'],
  ])('says who acts next when a write ends with %s', async (name, httpStatusCode, fault, faultClass) => {
    const { ledger, table } = await make();
    // As many as the SDK tries.
    table.refuse(4, { name, httpStatusCode });
    await expect(
      ledger.putWaiting({ resource: 'r', token: 't', operationId: 'o', cluster, detail: {}, sinceMs: noonMs }),
    ).rejects.toMatchObject({ name: fault, faultClass });
  });

  it('reads again after a short throttling, unnoticed', async () => {
    const { ledger, table } = await make();
    await ledger.seeVolume(aSight);
    table.refuse(1, { name: 'InternalServerError', httpStatusCode: 500 });
    expect(await ledger.volumes(cluster)).toHaveLength(1);
  });

  it('calls a read without an answer unavailable', async () => {
    const { ledger, table } = await make();
    table.refuse(4, { name: 'TimeoutError', httpStatusCode: 0 });
    await expect(ledger.volumes(cluster)).rejects.toMatchObject({
      name: 'ServiceUnavailable',
      faultClass: 'transient',
    });
  });

  it('loses every answer and says so, and the step that runs again finds its intent', async () => {
    const { ledger, table } = await make();
    await ledger.takeLease({ name: subject, operationId: 'op-1', executionArn: lease.executionArn, nowMs: noonMs });
    table.loseAnswers(4);
    await expect(ledger.reserveIntent(request)).rejects.toMatchObject({ name: 'AnswerLost' });
    const later = { intent: anIntent({ atMs: noonMs + 1 }) };
    expect(await reserve(ledger, later)).toMatchObject({ reserved: false, because: 'intent-exists' });
    expect((await ledger.clusterState(cluster)).dayGrownGib).toBe(50);
  });

  it('lets the workflow retry when somebody else keeps changing the same bookkeeping', async () => {
    const { ledger, other, table } = await make();
    await ledger.openOperation(anOperation());
    let changes = 0;
    const interfere = (): void => {
      table.beforeNextWrite(async () => {
        await other.updateOperation('op-1', { outcome: `${++changes}` });
        if (changes < 20) interfere();
      });
    };
    interfere();
    const update = ledger.updateOperation('op-1', { status: 'failed' });
    await expect(update).rejects.toMatchObject({ name: 'LedgerContended', faultClass: 'transient' });
    expect(await ledger.operation('op-1')).toMatchObject({ status: 'running' });
  });
}
