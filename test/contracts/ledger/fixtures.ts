/** What the ledger's cases begin with. */
import type {
  Approval,
  Intent,
  Inspection,
  Ledger,
  Operation,
  Relief,
  ReliefTopic,
  Reservation,
} from '../../../functions/gateways/ledger/ledger.ts';
import type { TestTable } from '../../support/dynamodb.ts';

export interface LedgerUnderTest {
  table: TestTable;
  ledger: Ledger;
  /** Another process's gateway to the same table. */
  other: Ledger;
}
export type MakeLedger = () => Promise<LedgerUnderTest>;

/** 2026-11-21T12:00:00Z */
export const noonMs = Date.UTC(2026, 10, 21, 12);
export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const today = '2026-11-21';
export const tomorrow = '2026-11-22';

export const cluster = 'orders';
export const volumeId = 'vol-0a1';
export const subject = `volume/${volumeId}`;

export const execution = (name: string): string =>
  `arn:aws:states:eu-central-1:123456789012:execution:storage-scaling:${name}`;

export const anIntent = (change: Partial<Omit<Intent, 'status'>> = {}): Omit<Intent, 'status'> => ({
  intentId: 'op-1/ec2:ModifyVolume',
  operationId: 'op-1',
  cluster,
  subject,
  action: 'ec2:ModifyVolume',
  request: { volumeId, sizeGib: 150 },
  atMs: noonMs,
  ...change,
});

export const aReservation = (change: Partial<Reservation> = {}): Reservation => ({
  volumeId,
  operationId: 'op-1',
  fromGib: 100,
  toGib: 150,
  usdPerMonth: 4.76,
  ...change,
});

export const lease = { name: subject, executionArn: execution('one'), fence: 1 };

/** Takes the lease of the volume and reserves; what tests change comes in. */
export async function reserve(
  ledger: Ledger,
  change: Partial<Parameters<Ledger['reserveIntent']>[0]> = {},
): ReturnType<Ledger['reserveIntent']> {
  await ledger.takeLease({ name: subject, operationId: 'op-1', executionArn: lease.executionArn, nowMs: noonMs });
  const { version } = await ledger.clusterState(cluster);
  return ledger.reserveIntent({
    intent: anIntent(),
    lease,
    clusterVersion: version,
    reservation: aReservation(),
    day: today,
    ...change,
  });
}

export const aSight = {
  cluster,
  volumeId,
  instanceId: 'i-1',
  sizeGib: 100,
  ownerTags: { team: 'orders' },
  nowMs: noonMs,
};

export const anInspection = (change: Partial<Inspection> = {}): Inspection => ({
  atMs: noonMs,
  instanceId: 'i-1',
  supported: true,
  layout: 'partition',
  filesystem: 'xfs',
  mountPoint: '/var/lib/kafka',
  deviceBytes: 107_374_182_400,
  filesystemBytes: 107_321_753_600,
  usedBytes: 53_660_876_800,
  ...change,
});

export const anOperation = (change: Partial<Operation> = {}): Operation => ({
  operationId: 'op-1',
  workflow: 'storage-scaling',
  cluster,
  subject,
  executionArn: execution('one'),
  trigger: { source: 'sweep', slot: '2026-11-21T12:00:00Z' },
  startedAtMs: noonMs,
  status: 'running',
  timeline: [],
  ...change,
});

export const aQuestion = (
  change: Partial<Approval> = {},
): Omit<Approval, 'answer' | 'answeredBy' | 'answeredAtMs'> => ({
  operationId: 'op-1',
  cluster,
  planHash: 'hash-1',
  plan: { volumeId, fromGib: 100, targetGib: 150 },
  token: 'token-1',
  requestedAtMs: noonMs,
  expiresAtMs: noonMs + dayMs,
  ...change,
});

export const aTopic = (name: string, change: Partial<ReliefTopic> = {}): ReliefTopic => ({
  name,
  id: `id-of-${name}`,
  former: { 'retention.ms': '604800000' },
  shortened: { 'retention.ms': '86400000' },
  state: 'planned',
  ...change,
});

export const aRelief = (change: Partial<Relief> = {}): Relief => ({
  reliefId: 'op-1',
  cluster,
  volumeId: `msk/${cluster}`,
  armedAtMs: noonMs,
  restoreAtMs: noonMs + 6 * hourMs,
  topics: [aTopic('orders.events'), aTopic('clicks')],
  ...change,
});
