/**
 * EC2's Describe calls over HTTP, for what a gateway asks in bulk: filters, pages and their limits as the guide tells
 * them. What it holds is given; nothing changes it.
 */
import { form, type Reply, xml } from './http.ts';

export interface FakeInstance {
  instanceId: string;
  tags: Record<string, string>;
  /** `null`: EC2 does not say. */
  rootDeviceName: string | null;
  /** Device names and volume ids that DescribeInstances shows. */
  devices: { deviceName: string; volumeId: string }[];
  state?: string;
}

export interface FakeVolume {
  volumeId: string;
  attachments: { instanceId: string; deviceName: string }[];
}

export interface FakeAccount {
  instances: FakeInstance[];
  volumes: FakeVolume[];
  /** Volumes that were modified at some time, in the order in which EC2 lists them. */
  modified?: string[];
}

const namespace = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"';
/** [EC2 guide Using_Filtering] */
const valuesMax = 200;
/** SDK ec2, MaxResults. */
const pageMax: Record<string, number> = {
  DescribeInstances: 1000,
  DescribeVolumes: 500,
  DescribeVolumesModifications: 500,
};

/** Answers by what was asked; `calls` counts by operation. */
export function fakeEc2(account: FakeAccount): { reply: (body: string) => Reply; calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const reply = (body: string): Reply => {
    const asked = form(body);
    const action = asked.Action ?? '';
    calls[action] = (calls[action] ?? 0) + 1;
    const filters = filtersOf(asked);
    if ([...filters.values()].reduce((sum, values) => sum + values.length, 0) > valuesMax)
      throw new Error(`${action} with more than ${valuesMax} filter values`);
    const size = Number(asked.MaxResults);
    if (!(size >= 5 && size <= (pageMax[action] ?? 0)))
      throw new Error(`${action} with MaxResults ${asked.MaxResults}`);
    const from = Number(asked.NextToken ?? 0);
    const page = <T>(all: T[], render: (item: T) => string) => ({
      items: all
        .slice(from, from + size)
        .map(render)
        .join(''),
      next: from + size < all.length ? `<nextToken>${from + size}</nextToken>` : '',
    });
    const answer = (element: string, { items, next }: { items: string; next: string }) =>
      xml(`<${action}Response ${namespace}><${element}>${items}</${element}>${next}</${action}Response>`);
    switch (action) {
      case 'DescribeInstances':
        return answer(
          'reservationSet',
          page(
            account.instances.filter((one) => isAsked(valuesOfInstance(one), filters)),
            instanceXml,
          ),
        );
      case 'DescribeVolumes':
        return answer(
          'volumeSet',
          page(
            account.volumes.filter((one) => isAsked(valuesOfVolume(one), filters)),
            volumeXml,
          ),
        );
      default: {
        const modified = (account.modified ?? []).filter((id) =>
          isAsked((name) => (name === 'volume-id' ? [id] : undefined), filters),
        );
        return answer('volumeModificationSet', page(modified, modificationXml));
      }
    }
  };
  return { reply, calls };
}

function filtersOf(asked: Record<string, string>): Map<string, string[]> {
  const filters = new Map<string, string[]>();
  for (let at = 1; asked[`Filter.${at}.Name`] !== undefined; at++) {
    const values: string[] = [];
    for (let value = 1; asked[`Filter.${at}.Value.${value}`] !== undefined; value++)
      values.push(asked[`Filter.${at}.Value.${value}`] ?? '');
    filters.set(asked[`Filter.${at}.Name`] ?? '', values);
  }
  return filters;
}

function isAsked(valuesOf: (name: string) => string[] | undefined, filters: Map<string, string[]>): boolean {
  return [...filters].every(([name, wanted]) => {
    const values = valuesOf(name);
    if (values === undefined) throw new Error(`a filter ${name}`);
    return values.some((value) => wanted.includes(value));
  });
}

const valuesOfInstance =
  ({ instanceId, tags, state = 'running' }: FakeInstance) =>
  (name: string): string[] | undefined => {
    if (name === 'instance-id') return [instanceId];
    if (name === 'instance-state-name') return [state];
    if (!name.startsWith('tag:')) return undefined;
    const value = tags[name.slice('tag:'.length)];
    return value === undefined ? [] : [value];
  };

const valuesOfVolume =
  ({ volumeId, attachments }: FakeVolume) =>
  (name: string): string[] | undefined => {
    if (name === 'volume-id') return [volumeId];
    if (name === 'attachment.instance-id') return attachments.map(({ instanceId }) => instanceId);
    return name === 'attachment.device' ? attachments.map(({ deviceName }) => deviceName) : undefined;
  };

const instanceXml = ({ instanceId, tags, rootDeviceName, devices, state = 'running' }: FakeInstance): string =>
  `<item><instancesSet><item><instanceId>${instanceId}</instanceId>
  <instanceState><code>16</code><name>${state}</name></instanceState>
  ${rootDeviceName === null ? '' : `<rootDeviceName>${rootDeviceName}</rootDeviceName>`}<blockDeviceMapping>${devices
    .map(
      ({ deviceName, volumeId }) =>
        `<item><deviceName>${deviceName}</deviceName><ebs><volumeId>${volumeId}</volumeId></ebs></item>`,
    )
    .join('')}</blockDeviceMapping><tagSet>${Object.entries(tags)
    .map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`)
    .join('')}</tagSet></item></instancesSet></item>`;

const volumeXml = ({ volumeId, attachments }: FakeVolume): string =>
  `<item><volumeId>${volumeId}</volumeId><size>100</size><status>in-use</status><volumeType>gp3</volumeType>
  <attachmentSet>${attachments
    .map(
      ({ instanceId, deviceName }) =>
        `<item><instanceId>${instanceId}</instanceId><device>${deviceName}</device><status>attached</status></item>`,
    )
    .join('')}</attachmentSet></item>`;

const modificationXml = (volumeId: string): string =>
  `<item><volumeId>${volumeId}</volumeId><modificationState>completed</modificationState><originalSize>50</originalSize>
  <targetSize>100</targetSize><startTime>2026-01-01T00:00:00.000Z</startTime></item>`;
