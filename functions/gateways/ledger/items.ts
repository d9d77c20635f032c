/**
 * What each item holds and how it is read back. Every item has `type` and `schemaVersion`; one that says otherwise, or
 * lacks a field, is refused rather than guessed at. Unknown fields are dropped on reading.
 */
import * as z from 'zod/mini';
import type {
  Approval,
  ClusterState,
  CoolDown,
  Escalation,
  Inspection,
  Intent,
  Lease,
  Operation,
  Relief,
  Reservation,
  VolumeRecord,
  Waiting,
} from './ledger.ts';
import { LedgerItemUnreadable } from './faults.ts';

export const schemaVersion = 1;

/** An item as the marshaller gives it. */
export type Item = Record<string, unknown>;

export type ItemType =
  | 'lease'
  | 'cluster'
  | 'intent'
  | 'sight'
  | 'inspection'
  | 'not-before'
  | 'cool-down'
  | 'escalation'
  | 'mount-point'
  | 'operation'
  | 'approval'
  | 'relief'
  | 'waiting'
  | 'heard'
  | 'queue'
  | 'slot';

export type Schema<T> = z.ZodMiniType<T>;

const record = z.record(z.string(), z.unknown());
const optional = z.exactOptional;

/** Free leases have no holder but keep their fence. */
export const HeldLease: Schema<Lease> = z.object({
  name: z.string(),
  operationId: z.string(),
  executionArn: z.string(),
  fence: z.int(),
  takenAtMs: z.int(),
});

const PlainReservation: Schema<Reservation> = z.object({
  volumeId: z.string(),
  operationId: z.string(),
  fromGib: z.number(),
  toGib: z.number(),
  usdPerMonth: z.number(),
});

export const PlainClusterState: Schema<ClusterState> = z.object({
  cluster: z.string(),
  version: z.int(),
  paused: optional(z.object({ by: z.string(), atMs: z.int(), reason: z.string() })),
  reservations: z.record(z.string(), PlainReservation),
  day: z.string(),
  dayGrownGib: z.number(),
  dayUsdPerMonth: z.number(),
  relief: optional(z.object({ reliefId: z.string(), restoreAtMs: z.int() })),
});

const intentFields = {
  intentId: z.string(),
  operationId: z.string(),
  cluster: z.string(),
  subject: z.string(),
  action: z.string(),
  request: record,
  atMs: z.int(),
  status: z.enum(['intended', 'unknown', 'accepted', 'refused', 'not-done']),
  settledAtMs: optional(z.int()),
  answer: optional(z.string()),
  foreign: optional(z.boolean()),
};

export const PlainIntent: Schema<Intent> = z.object(intentFields);

/** With what giving back needs: what was added to which day's sums, and whether that was taken out again. */
export interface StoredIntent extends Intent {
  reservation?: Reservation;
  reservedOn?: string;
  givenBack?: boolean;
}

export const FullIntent: Schema<StoredIntent> = z.object({
  ...intentFields,
  reservation: optional(PlainReservation),
  reservedOn: optional(z.string()),
  givenBack: optional(z.boolean()),
});

export type Sight = Omit<VolumeRecord, 'inspection' | 'notBefore' | 'coolDown' | 'escalations'>;

export const PlainSight: Schema<Sight> = z.object({
  cluster: z.string(),
  volumeId: z.string(),
  instanceId: optional(z.string()),
  firstSeenAtMs: z.int(),
  firstSeenGib: z.number(),
  ownerTags: z.record(z.string(), z.string()),
});

export const PlainInspection: Schema<Inspection> = z.object({
  atMs: z.int(),
  instanceId: z.string(),
  supported: z.boolean(),
  reason: optional(z.string()),
  layout: z.string(),
  filesystem: optional(z.string()),
  mountPoint: optional(z.string()),
  deviceBytes: z.number(),
  filesystemBytes: optional(z.number()),
  usedBytes: optional(z.number()),
});

export const PlainNotBefore: Schema<{ atMs: number; reason: string }> = z.object({
  atMs: z.int(),
  reason: z.string(),
});

export const PlainCoolDown: Schema<CoolDown> = z.object({
  changeAtMs: z.int(),
  refusals: z.int(),
  learntMs: z.int(),
});

export const PlainEscalation: Schema<Escalation> = z.object({
  reason: z.string(),
  operationId: z.string(),
  openedAtMs: z.int(),
  remindedAtMs: z.int(),
});

export const PlainMountPoint: Schema<{ cluster: string; volumeId: string }> = z.object({
  cluster: z.string(),
  volumeId: z.string(),
});

const operationFields = {
  operationId: z.string(),
  workflow: z.string(),
  cluster: z.string(),
  subject: z.string(),
  executionArn: z.string(),
  trigger: record,
  startedAtMs: z.int(),
  endedAtMs: optional(z.int()),
  status: z.enum(['running', 'awaiting-approval', 'succeeded', 'deferred', 'refused', 'escalated', 'failed']),
  outcome: optional(z.string()),
  decision: optional(record),
  timeline: z.array(z.object({ atMs: z.int(), what: z.string(), detail: optional(record) })),
};

export const PlainOperation: Schema<Operation> = z.object(operationFields);

/** `revision` counts the writes. */
export const FullOperation: Schema<Operation & { revision: number }> = z.object({
  ...operationFields,
  revision: z.int(),
});

export const PlainApproval: Schema<Approval> = z.object({
  operationId: z.string(),
  cluster: z.string(),
  planHash: z.string(),
  plan: record,
  token: z.string(),
  requestedAtMs: z.int(),
  expiresAtMs: z.int(),
  answer: optional(z.enum(['approved', 'rejected'])),
  answeredBy: optional(z.string()),
  answeredAtMs: optional(z.int()),
});

export const PlainWaiting: Schema<Waiting> = z.object({
  resource: z.string(),
  token: z.string(),
  operationId: z.string(),
  cluster: z.string(),
  detail: record,
  sinceMs: z.int(),
});

const texts = z.record(z.string(), z.string());

export const PlainRelief: Schema<Relief> = z.object({
  reliefId: z.string(),
  cluster: z.string(),
  volumeId: z.string(),
  armedAtMs: z.int(),
  restoreAtMs: z.int(),
  topics: z.array(
    z.object({
      name: z.string(),
      id: z.string(),
      former: texts,
      inherited: optional(z.boolean()),
      shortened: texts,
      state: z.enum(['planned', 'shortened', 'restored', 'left-alone']),
      detail: optional(z.string()),
    }),
  ),
  endedAtMs: optional(z.int()),
});

export const PlainHeard: Schema<{ atMs: number }> = z.object({ atMs: z.int() });

/** The time of the next place: of rests of a millisecond too, where the places lie so close. */
export const PlainQueue: Schema<{ nextAtMs: number }> = z.object({ nextAtMs: z.number() });

export const PlainSlot: Schema<{ atMs: number }> = z.object({ atMs: z.int() });

/** @throws LedgerItemUnreadable */
export function read<T>(schema: Schema<T>, type: ItemType, item: Item): T {
  const where = `item ${String(item.pk)} / ${String(item.sk)}`;
  if (item.schemaVersion !== schemaVersion)
    throw new LedgerItemUnreadable(`${where} has schemaVersion ${String(item.schemaVersion)}, not ${schemaVersion}`);
  if (item.type !== type) throw new LedgerItemUnreadable(`${where} has type ${String(item.type)}, not ${type}`);
  const parsed = z.safeParse(schema, item);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0] ?? { path: [], message: 'unreadable' };
    throw new LedgerItemUnreadable(`${where}: ${path.join('.')}: ${message}`, { cause: parsed.error });
  }
  return parsed.data;
}
