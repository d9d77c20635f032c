/**
 * Where each kind of item lives.
 *
 * | item        | pk                         | sk                             | ages out after |
 * |-------------|----------------------------|--------------------------------|----------------|
 * | lease       | `lease#<name>`             | `lease`                        | never: its fence only grows |
 * | cluster     | `cluster#<name>` or `#*`   | `state`                        | never |
 * | intent      | `journal#<subject>`        | `intent#<intentId>`            | 400 days |
 * | sight       | `volumes#<cluster>`        | `<volumeId>/sight`             | never |
 * | inspection  | `volumes#<cluster>`        | `<volumeId>/inspection`        | never |
 * | not-before  | `volumes#<cluster>`        | `<volumeId>/not-before`        | never (deleted) |
 * | cool-down   | `volumes#<cluster>`        | `<volumeId>/cool-down`         | never |
 * | escalation  | `volumes#<cluster>`        | `<volumeId>/escalation/<reason>` | never (deleted) |
 * | mount-point | `mount-point#<instanceId>` | `<mountPoint>`                 | 400 days after the last inspection |
 * | operation   | `operation#<operationId>`  | `operation`                    | 400 days after its start |
 * | approval    | `operation#<operationId>`  | `approval`                     | 400 days |
 * | relief      | `operation#<reliefId>`     | `relief`                       | 400 days after its topics are due back |
 * | waiting     | `waiting#<resource>`       | `waiting`                      | 30 days |
 * | heard       | `heard#<resource>`         | `heard`                        | an hour |
 * | queue       | `queue#<queue>`            | `next`                         | never: one a queue |
 * | slot        | `slot#<holder>`            | `queue#<queue>`                | a day after its time |
 *
 * What is remembered of a volume is several items, so that each can be written without the others being there. A volume's
 * id may have a slash in it (`msk/<cluster>`); which volume an item belongs to stands in the item.
 */

/** A type, not an interface: the marshaller takes it as a record. */
export type Key = { pk: string; sk: string };

export const leaseKey = (name: string): Key => ({ pk: `lease#${name}`, sk: 'lease' });

export const clusterKey = (cluster: string): Key => ({ pk: `cluster#${cluster}`, sk: 'state' });

/** The whole fleet's bookkeeping is kept under this name. */
export const fleet = '*';

export const journalPk = (subject: string): string => `journal#${subject}`;

export const intentKey = (subject: string, intentId: string): Key => ({
  pk: journalPk(subject),
  sk: `intent#${intentId}`,
});

export const volumesPk = (cluster: string): string => `volumes#${cluster}`;

/** The slash ends the id: `vol-1/` is no beginning of `vol-12/…`. */
export const volumePrefix = (volumeId: string): string => `${volumeId}/`;

export const sightKey = (cluster: string, volumeId: string): Key => ({
  pk: volumesPk(cluster),
  sk: `${volumePrefix(volumeId)}sight`,
});

export const inspectionKey = (cluster: string, volumeId: string): Key => ({
  pk: volumesPk(cluster),
  sk: `${volumePrefix(volumeId)}inspection`,
});

export const notBeforeKey = (cluster: string, volumeId: string): Key => ({
  pk: volumesPk(cluster),
  sk: `${volumePrefix(volumeId)}not-before`,
});

export const coolDownKey = (cluster: string, volumeId: string): Key => ({
  pk: volumesPk(cluster),
  sk: `${volumePrefix(volumeId)}cool-down`,
});

export const escalationPrefix = (volumeId: string): string => `${volumePrefix(volumeId)}escalation/`;

export const escalationKey = (cluster: string, volumeId: string, reason: string): Key => ({
  pk: volumesPk(cluster),
  sk: `${escalationPrefix(volumeId)}${reason}`,
});

export const mountPointKey = (instanceId: string, mountPoint: string): Key => ({
  pk: `mount-point#${instanceId}`,
  sk: mountPoint,
});

export const operationKey = (operationId: string): Key => ({ pk: `operation#${operationId}`, sk: 'operation' });

export const approvalKey = (operationId: string): Key => ({ pk: `operation#${operationId}`, sk: 'approval' });

/** A relief is the work of one operation. */
export const reliefKey = (reliefId: string): Key => ({ pk: `operation#${reliefId}`, sk: 'relief' });

export const waitingKey = (resource: string): Key => ({ pk: `waiting#${resource}`, sk: 'waiting' });

export const heardKey = (resource: string): Key => ({ pk: `heard#${resource}`, sk: 'heard' });

export const queueKey = (queue: string): Key => ({ pk: `queue#${queue}`, sk: 'next' });

/** By holder, so that a queue's slots don't share one partition with each other. */
export const slotKey = (queue: string, holder: string): Key => ({ pk: `slot#${holder}`, sk: `queue#${queue}` });

/** Sorts as text as the times do as numbers, until the year 33658. */
export const sortableMs = (atMs: number): string => String(atMs).padStart(15, '0');
