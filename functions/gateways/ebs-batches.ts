/**
 * How many selections and brokers fit into one Describe request: as full as filters and pages allow, and never so that
 * something that was asked for is left out. Pure.
 */
import type { Broker, BrokerSelection } from './types.ts';

/**
 * Values of all filters of one request. The guide says 200 for each filter [EC2 guide Using_Filtering, K]; all of them
 * together stay below that, which is right in either reading.
 */
export const filterValuesMax = 200;
/** Page size; DescribeVolumes and DescribeVolumesModifications allow no more [SDK ec2]. */
export const pageSize = 500;

/** What a request is filtered by: all names hold, each with any of its values. */
export type Condition = Record<string, string[]>;

/**
 * Conditions whose answers together hold the brokers of all these selections, and perhaps others: `isSelected` tells them
 * apart. Selections by the same tags go together, their values side by side.
 *
 * @param valuesMax what the request's other filters leave
 */
export function selectionConditions(selections: readonly BrokerSelection[], valuesMax: number): Condition[] {
  const ids = new Set(selections.flatMap((select) => ('instanceIds' in select ? select.instanceIds : [])));
  const byKeys = Map.groupBy(
    selections.flatMap((select) => ('tags' in select ? [select.tags] : [])),
    (tags) => JSON.stringify(Object.keys(tags).sort()),
  );
  return [
    ...full([...ids], (some) => some.length <= valuesMax).map((some) => ({ 'instance-id': some })),
    ...[...byKeys.values()].flatMap((alike) =>
      full(alike, (some) => valuesIn(tagCondition(some)) <= valuesMax).map(tagCondition),
    ),
  ];
}

function tagCondition(alike: readonly Record<string, string>[]): Condition {
  const condition: Condition = {};
  for (const tags of alike) {
    for (const [key, value] of Object.entries(tags)) {
      const values = (condition[`tag:${key}`] ??= []);
      if (!values.includes(value)) values.push(value);
    }
  }
  return condition;
}

export function isSelected(broker: Broker, select: BrokerSelection): boolean {
  if ('instanceIds' in select) return select.instanceIds.includes(broker.instanceId);
  return Object.entries(select.tags).every(([key, value]) => broker.tags[key] === value);
}

/**
 * Conditions whose answers together hold all data volumes of these brokers, each on one page where a broker's volumes fit
 * one. Root volumes are left out by their device's name; a broker whose devices are not known is asked for all of its
 * volumes.
 */
export function volumeConditions(brokers: readonly Broker[]): Condition[] {
  const known = brokers.filter(knowsDevices);
  const unknown = brokers.filter((broker) => !knowsDevices(broker));
  // Brokers with the same devices go together, so that one's data device is rarely the other's root.
  const alike = known
    .filter((broker) => dataDevicesOf(broker).length > 0)
    .map((broker) => ({ broker, devices: dataDevicesOf(broker).map(({ deviceName }) => deviceName) }))
    .toSorted((a, b) => compare(a.devices.join(' '), b.devices.join(' ')));
  const condition = (some: typeof alike): Condition => ({
    'attachment.instance-id': some.map(({ broker }) => broker.instanceId),
    'attachment.device': [...new Set(some.flatMap(({ devices }) => devices))],
  });
  const fits = (some: typeof alike): boolean =>
    valuesIn(condition(some)) <= filterValuesMax &&
    some.reduce((sum, { devices }) => sum + devices.length, 0) <= pageSize;
  return [
    ...full(alike, fits).map(condition),
    ...full(unknown, (some) => some.length <= filterValuesMax).map((some) => ({
      'attachment.instance-id': some.map(({ instanceId }) => instanceId),
    })),
  ];
}

/** All but the root. */
export function dataDevicesOf({ rootDeviceName, blockDevices }: Broker): Broker['blockDevices'] {
  return blockDevices.filter(({ deviceName }) => deviceName !== rootDeviceName);
}

function knowsDevices({ rootDeviceName, blockDevices }: Broker): boolean {
  return rootDeviceName !== undefined && blockDevices.length > 0;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const valuesIn = (condition: Condition): number =>
  Object.values(condition).reduce((sum, { length }) => sum + length, 0);

/** The items in their order, in groups as large as fit; one that fits nowhere stands alone. */
function full<T>(items: readonly T[], fits: (group: T[]) => boolean): T[][] {
  const groups: T[][] = [];
  for (const item of items) {
    const group = groups.at(-1);
    if (group !== undefined && fits([...group, item])) group.push(item);
    else groups.push([item]);
  }
  return groups;
}
