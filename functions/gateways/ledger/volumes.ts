/**
 * What is remembered of volumes between operations. Each thing remembered is an item of its own under the volume's
 * prefix: an escalation can be opened for a volume that was never seen, and no write has to merge with another's.
 */
import type { Escalation, Ledger, VolumeRecord } from './ledger.ts';
import {
  type Item,
  PlainCoolDown,
  PlainEscalation,
  PlainInspection,
  PlainMountPoint,
  PlainNotBefore,
  PlainSight,
  read,
  type Sight,
} from './items.ts';
import {
  coolDownKey,
  escalationKey,
  escalationPrefix,
  inspectionKey,
  mountPointKey,
  notBeforeKey,
  sightKey,
  volumePrefix,
  volumesPk,
} from './keys.ts';
import { expiresAt, recordDays } from './limits.ts';
import { absent, type Condition, type Store } from './store.ts';

type Volumes = Pick<
  Ledger,
  | 'volumes'
  | 'volume'
  | 'seeVolume'
  | 'saveInspection'
  | 'volumeAtMountPoint'
  | 'setNotBefore'
  | 'setCoolDown'
  | 'escalate'
  | 'closeEscalations'
>;

export function volumes(store: Store): Volumes {
  return {
    async volumes(cluster) {
      return toRecords(await store.query(volumesPk(cluster), ''));
    },

    async volume(cluster, volumeId) {
      const records = toRecords(await store.query(volumesPk(cluster), volumePrefix(volumeId)));
      return records.find((record) => record.volumeId === volumeId);
    },

    async seeVolume({ cluster, volumeId, instanceId, sizeGib, ownerTags, nowMs }) {
      const first = { cluster, volumeId, firstSeenAtMs: nowMs, firstSeenGib: sizeGib, ownerTags };
      await store.update(sightKey(cluster, volumeId), (x) => {
        const kept = Object.entries(first).map(
          ([name, value]) => `${x.path(name)} = if_not_exists(${x.path(name)}, ${x.value(value)})`,
        );
        const now = instanceId === undefined ? [] : [x.assign({ instanceId })];
        return { update: `SET ${[x.stamp('sight'), ...now, ...kept].join(', ')}` };
      });
    },

    /** A look that is older than the one remembered changes nothing. */
    async saveInspection(cluster, volumeId, inspection) {
      const notNewer: Condition = (x) => `${absent(x)} OR ${x.path('atMs')} <= ${x.value(inspection.atMs)}`;
      const { atMs, instanceId, mountPoint } = inspection;
      await store.put(inspectionKey(cluster, volumeId), 'inspection', { ...inspection, volumeId }, notNewer);
      if (mountPoint === undefined) return;
      const pointer = { cluster, volumeId, atMs, expiresAt: expiresAt(atMs, recordDays) };
      await store.put(mountPointKey(instanceId, mountPoint), 'mount-point', pointer, notNewer);
    },

    /** Only if the volume's latest inspection says the same: disks move. */
    async volumeAtMountPoint(instanceId, mountPoint) {
      const pointer = await store.get(mountPointKey(instanceId, mountPoint));
      if (pointer === undefined) return undefined;
      const { cluster, volumeId } = read(PlainMountPoint, 'mount-point', pointer);
      const item = await store.get(inspectionKey(cluster, volumeId));
      if (item === undefined) return undefined;
      const inspection = read(PlainInspection, 'inspection', item);
      const same = inspection.instanceId === instanceId && inspection.mountPoint === mountPoint;
      return same ? { cluster, volumeId } : undefined;
    },

    async setNotBefore(cluster, volumeId, notBefore) {
      const key = notBeforeKey(cluster, volumeId);
      if (notBefore === undefined) await store.delete(key);
      else await store.put(key, 'not-before', { ...notBefore, volumeId });
    },

    async setCoolDown(cluster, volumeId, { changeAtMs, refusals, learntMs }) {
      await store.put(coolDownKey(cluster, volumeId), 'cool-down', { changeAtMs, refusals, learntMs, volumeId });
    },

    /**
     * Reads first, so that asking again at the same instant is `standing`; only a write that was refused by its own
     * content (a lost answer) is taken for ours.
     */
    async escalate({ cluster, volumeId, reason, operationId, nowMs, remindAfterMs }) {
      const key = escalationKey(cluster, volumeId, reason);
      const item = await store.get(key);
      if (item === undefined) {
        const opened: Escalation = { reason, operationId, openedAtMs: nowMs, remindedAtMs: nowMs };
        const put = await store.put(key, 'escalation', { ...opened, volumeId }, absent);
        if (put.written) return 'opened';
        const standing = put.item && read(PlainEscalation, 'escalation', put.item);
        return standing?.operationId === operationId && standing.openedAtMs === nowMs ? 'opened' : 'standing';
      }
      const { remindedAtMs } = read(PlainEscalation, 'escalation', item);
      if (nowMs - remindedAtMs < remindAfterMs) return 'standing';
      const reminded = await store.update(key, (x) => ({
        update: `SET ${x.assign({ remindedAtMs: nowMs, remindedBy: operationId })}`,
        condition: x.equal('remindedAtMs', remindedAtMs),
      }));
      const ours = reminded.item?.remindedAtMs === nowMs && reminded.item.remindedBy === operationId;
      return ours ? 'due' : 'standing';
    },

    async closeEscalations(cluster, volumeId, reason) {
      if (reason !== undefined) {
        await store.delete(escalationKey(cluster, volumeId, reason));
        return;
      }
      for (const item of await store.query(volumesPk(cluster), escalationPrefix(volumeId))) {
        await store.delete(escalationKey(cluster, volumeId, read(PlainEscalation, 'escalation', item).reason));
      }
    },
  };
}

interface Parts {
  sight?: Sight;
  record: Pick<VolumeRecord, 'inspection' | 'notBefore' | 'coolDown' | 'escalations'>;
}

/** The records of all volumes that were seen; what is remembered of others waits for their first sight. */
function toRecords(items: Item[]): VolumeRecord[] {
  const byVolume = new Map<string, Parts>();
  for (const item of items) {
    const volumeId = String(item.volumeId);
    const parts: Parts = byVolume.get(volumeId) ?? { record: { escalations: {} } };
    byVolume.set(volumeId, parts);
    if (item.type === 'inspection') parts.record.inspection = read(PlainInspection, 'inspection', item);
    else if (item.type === 'not-before') parts.record.notBefore = read(PlainNotBefore, 'not-before', item);
    else if (item.type === 'cool-down') parts.record.coolDown = read(PlainCoolDown, 'cool-down', item);
    else if (item.type === 'escalation') {
      const escalation = read(PlainEscalation, 'escalation', item);
      parts.record.escalations[escalation.reason] = escalation;
    } else parts.sight = read(PlainSight, 'sight', item);
  }
  return [...byVolume.values()].flatMap(({ sight, record }) => (sight === undefined ? [] : [{ ...sight, ...record }]));
}
