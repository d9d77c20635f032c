import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { expect, it } from '@jest/globals';
import { heardKey } from '../../../functions/gateways/ledger/keys.ts';
import { dayMs, hourMs, type MakeLedger, noonMs } from './fixtures.ts';

const resource = 'volume/vol-0a1/usable';

export function heardCases(make: MakeLedger): void {
  it('are heard by whoever looks from their very millisecond on', async () => {
    const { ledger, other } = await make();
    await ledger.heard(resource, noonMs);
    expect(await other.wasHeard(resource, noonMs)).toBe(true);
    expect(await other.wasHeard(resource, noonMs + 1)).toBe(false);
  });

  it('are told apart by what they are about', async () => {
    const { ledger } = await make();
    await ledger.heard(resource, noonMs);
    expect(await ledger.wasHeard('volume/vol-0a1', 0)).toBe(false);
    expect(await ledger.wasHeard('volume/vol-0b2/usable', 0)).toBe(false);
  });

  it('are kept as the latest, in whatever order they come', async () => {
    const { ledger } = await make();
    for (const atMs of [noonMs, noonMs + 2, noonMs + 1, noonMs + 2]) await ledger.heard(resource, atMs);
    expect(await ledger.wasHeard(resource, noonMs + 2)).toBe(true);
    expect(await ledger.wasHeard(resource, noonMs + 3)).toBe(false);
  });

  it('are nothing new a day later, though DynamoDB has not deleted them yet', async () => {
    const { ledger } = await make();
    await ledger.heard(resource, noonMs);
    expect(await ledger.wasHeard(resource, noonMs + dayMs)).toBe(false);
  });

  it('age out after an hour', async () => {
    const { ledger, table } = await make();
    await ledger.heard(resource, noonMs);
    const { Item } = await table.client.send(
      new GetItemCommand({ TableName: table.name, Key: marshall(heardKey(resource)) }),
    );
    expect(unmarshall(Item ?? {}).expiresAt).toBe((noonMs + hourMs) / 1000);
  });

  it('take a lost answer', async () => {
    const { ledger, table } = await make();
    table.loseAnswers(1);
    await ledger.heard(resource, noonMs);
    expect(await ledger.wasHeard(resource, noonMs)).toBe(true);
  });
}
