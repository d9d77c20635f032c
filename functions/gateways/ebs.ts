/**
 * EC2 as brokers and their EBS volumes. Reads go by filter, not by id list: an unknown id is then simply absent, and
 * pages have a size. Answers are sorted by id, EC2's own order being unspecified.
 */
import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  EC2Client,
  type Filter,
  type Instance,
  ModifyVolumeCommand,
  type Tag,
  type Volume,
  type VolumeModification as Ec2Modification,
} from '@aws-sdk/client-ec2';
import type { Wire } from '../runtime/runtime.ts';
import { answered, type FaultTable, type MakeFault, oneOf, required, toFault } from './classify.ts';
import { batches, retryingClient, singleAttemptClient } from './client.ts';
import {
  type Condition,
  dataDevicesOf,
  filterValuesMax,
  isSelected,
  pageSize,
  selectionConditions,
  volumeConditions,
} from './ebs-batches.ts';
import {
  AnswerLost,
  ModificationInProgress,
  UnknownAwsError,
  UnsupportedVolume,
  VolumeModificationLimit,
  VolumeNotFound,
  VolumeQuotaExceeded,
} from './faults.ts';
import { modificationLimitWhen } from './modification-limit.ts';
import { pages } from './pages.ts';
import type { Broker, BrokerSelection, EbsGateway, EbsVolume, VolumeModification } from './types.ts';

/** Page size of DescribeInstances, "between 5 and 1000" [SDK ec2]. */
const INSTANCES_PAGE_SIZE = 1_000;
/** Pages of one batch: more is a token that runs in a circle. */
const PAGES_MAX = 1_000;

/** A terminated instance keeps its entry for an hour, without volumes (S10). */
const LIVE_STATES = ['pending', 'running', 'stopping', 'stopped'];
const VOLUME_TYPES = ['gp2', 'gp3', 'io1', 'io2', 'st1', 'sc1', 'standard'] as const;
const MODIFICATION_STATES = ['modifying', 'optimizing', 'completed', 'failed'] as const;

const quota: MakeFault = (message, options) => new VolumeQuotaExceeded(message, options);
const unsupported: MakeFault = (message, options) => new UnsupportedVolume(message, options);

/** ModifyVolume's refusals; nothing was changed by any of them. */
const modifyFaults = (nowMs: number): FaultTable => ({
  // Both rules come under this code: aws-facts 2.1, S1, S2 (kubernetes#131397, openshift/runbooks#247).
  VolumeModificationRateExceeded: (message, options) =>
    new VolumeModificationLimit(message, modificationLimitWhen(message, nowMs), options),
  // "cannot be modified in modification state OPTIMIZING": EC2 error-code lists, run logs of resize tools (aws-facts 2.1).
  IncorrectModificationState: (message, options) => new ModificationInProgress(message, options),
  VolumeLimitExceeded: quota, // quota in GiB of the type and Region [K] (aws-facts 2.1)
  MaxIOPSLimitExceeded: quota, // quota of provisioned IOPS [K] (aws-facts 2.1)
  'InvalidVolume.NotFound': (message, options) => new VolumeNotFound(message, options), // EC2 error-code lists
  'InvalidVolumeID.Malformed': (message, options) => new VolumeNotFound(message, options), // EC2 error-code lists
  IncorrectState: unsupported, // neither available nor in use [EC2 error-code lists]
  OperationNotPermitted: unsupported, // Operator.Managed volumes (aws-facts 2.1) [EC2 error-code lists]
  UnsupportedOperation: unsupported, // EC2 error-code lists
  InvalidParameterValue: unsupported, // e.g. size not above the present one, or over the type's maximum
});

export const ebsGateway: Wire<EbsGateway> = (runtime) => {
  const reading = runtime.connect(new EC2Client(retryingClient(runtime)));
  const modifying = runtime.connect(new EC2Client(singleAttemptClient(runtime)));

  const instances = (condition: Condition) =>
    pages(async (NextToken) => {
      const Filters = toFilters({ 'instance-state-name': LIVE_STATES, ...condition });
      const page = await answered(
        reading.send(new DescribeInstancesCommand({ Filters, MaxResults: INSTANCES_PAGE_SIZE, NextToken })),
        'read',
      );
      return { items: (page.Reservations ?? []).flatMap((one) => one.Instances ?? []), next: page.NextToken };
    }, PAGES_MAX);

  const volumes = (condition: Condition) =>
    pages(async (NextToken) => {
      const Filters = toFilters(condition);
      const page = await answered(
        reading.send(new DescribeVolumesCommand({ Filters, MaxResults: pageSize, NextToken })),
        'read',
      );
      return { items: (page.Volumes ?? []).map(toVolume), next: page.NextToken };
    }, PAGES_MAX);
  const volumesById = (volumeIds: readonly string[]) =>
    collect(batches(volumeIds, filterValuesMax), (some) => volumes({ 'volume-id': some }));

  /** Without a condition: of the whole account. */
  const modificationsPage = async (NextToken: string | undefined, condition: Condition = {}) => {
    const Filters = toFilters(condition);
    const page = await answered(
      reading.send(new DescribeVolumesModificationsCommand({ Filters, MaxResults: pageSize, NextToken })),
      'read',
    );
    return { items: page.VolumesModifications ?? [], next: page.NextToken === '' ? undefined : page.NextToken };
  };

  const brokersOf = async (selections: readonly BrokerSelection[]): Promise<Broker[][]> => {
    // Without a condition every instance of the account would be a broker.
    if (selections.some((select) => 'tags' in select && Object.keys(select.tags).length === 0))
      throw new UnknownAwsError('brokers are selected by no tag at all');
    const conditions = selectionConditions(selections, filterValuesMax - LIVE_STATES.length);
    const brokers = unique((await collect(conditions, instances)).map(toBroker), ({ instanceId }) => instanceId);
    return selections.map((select) => brokers.filter((broker) => isSelected(broker, select)));
  };

  return {
    brokers: async (select) => (await brokersOf([select]))[0] ?? [],
    brokersOf,

    async volumesOf(instanceIds) {
      const groups = batches([...new Set(instanceIds)], filterValuesMax);
      const found = await collect(groups, (some) => volumes({ 'attachment.instance-id': some }));
      // With multi-attach one volume can be found in two batches.
      return unique(found, ({ volumeId }) => volumeId);
    },

    async dataVolumesOf(brokers) {
      const found = await collect(volumeConditions(brokers), volumes);
      const seen = new Set(found.map(({ volumeId }) => volumeId));
      // A device that goes by another name there than with its instance must not hide a volume.
      const missed = brokers.flatMap(dataDevicesOf).filter(({ volumeId }) => !seen.has(volumeId));
      const late = await volumesById([...new Set(missed.map(({ volumeId }) => volumeId))]);
      return unique([...found, ...late], ({ volumeId }) => volumeId);
    },

    async volume(volumeId) {
      return (await volumesById([volumeId])).find((volume) => volume.volumeId === volumeId);
    },

    /**
     * The account's modifications come 500 a page, those asked for by id 200 a request: for very many volumes the pages
     * are read, as long as they are no more calls than the ids would have been; then the ids that were not on them.
     */
    async modifications(volumeIds) {
      const wanted = new Set(volumeIds);
      const callsById = Math.ceil(wanted.size / filterValuesMax);
      const found: VolumeModification[] = [];
      const take = (items: Ec2Modification[]) =>
        found.push(...items.filter(({ VolumeId = '' }) => wanted.delete(VolumeId)).map(toModification));
      let token: string | undefined;
      for (let pagesLeft = callsById > 1 ? callsById : 0; pagesLeft > 0; pagesLeft--) {
        const { items, next } = await modificationsPage(token);
        take(items);
        // What was on no page has none.
        if (next === undefined) wanted.clear();
        if (wanted.size === 0) break;
        token = next;
      }
      for (const some of batches([...wanted], filterValuesMax))
        take(await pages((next) => modificationsPage(next, { 'volume-id': some }), PAGES_MAX));
      return found.sort(byId((modification) => modification.volumeId));
    },

    async modify({ volumeId, sizeGib }) {
      const command = new ModifyVolumeCommand({ VolumeId: volumeId, Size: sizeGib });
      let answer;
      try {
        answer = await modifying.send(command);
      } catch (error) {
        throw toFault(error, 'mutation', modifyFaults(runtime.clock.nowMs()));
      }
      try {
        return toModification(required(answer.VolumeModification, 'VolumeModification'));
      } catch (error) {
        // Accepted, but unreadable: the world has to be read as if no answer had come.
        throw new AnswerLost(`ModifyVolume ${volumeId}: ${(error as Error).message}`, { cause: error });
      }
    },
  };
};

/** One group after the other: request buckets are shared by the whole account (aws-facts 2.4). */
async function collect<G, T>(groups: G[], read: (group: G) => Promise<T[]>): Promise<T[]> {
  const all: T[] = [];
  for (const group of groups) all.push(...(await read(group)));
  return all;
}

/** In EC2's filters `*` and `?` are wildcards unless escaped [EC2 guide Using_Filtering]. */
function literal(value: string): string {
  return value.replaceAll(/[\\*?]/g, String.raw`\$&`);
}

/** None for no condition. */
function toFilters(condition: Condition): Filter[] {
  return Object.entries(condition).map(([Name, values]) => ({ Name, Values: values.map(literal) }));
}

/** Each once, by its id. */
function unique<T>(items: readonly T[], id: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [id(item), item])).values()].sort(byId(id));
}

const byId =
  <T>(id: (item: T) => string) =>
  (a: T, b: T): number =>
    id(a) < id(b) ? -1 : id(a) > id(b) ? 1 : 0;

function toTags(tags: Tag[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map((tag) => [required(tag.Key, 'tag key'), tag.Value ?? '']));
}

function toBroker(instance: Instance): Broker {
  return {
    instanceId: required(instance.InstanceId, 'InstanceId'),
    state: required(instance.State?.Name, 'instance state'),
    ...(instance.RootDeviceName === undefined ? {} : { rootDeviceName: instance.RootDeviceName }),
    tags: toTags(instance.Tags),
    blockDevices: (instance.BlockDeviceMappings ?? []).flatMap((device) =>
      device.Ebs === undefined
        ? []
        : [
            {
              volumeId: required(device.Ebs.VolumeId, 'Ebs.VolumeId'),
              deviceName: required(device.DeviceName, 'DeviceName'),
            },
          ],
    ),
  };
}

function toVolume(volume: Volume): EbsVolume {
  return {
    volumeId: required(volume.VolumeId, 'VolumeId'),
    sizeGib: required(volume.Size, 'Size'),
    type: oneOf(volume.VolumeType, VOLUME_TYPES, 'VolumeType'),
    ...(volume.Iops === undefined ? {} : { iops: volume.Iops }),
    ...(volume.Throughput === undefined ? {} : { throughputMibps: volume.Throughput }),
    state: required(volume.State, 'volume state'),
    multiAttach: volume.MultiAttachEnabled ?? false, // absent for types that don't have it
    ...(volume.Operator?.Managed === true ? { managedBy: volume.Operator.Principal ?? 'an AWS service' } : {}),
    attachments: (volume.Attachments ?? []).map((attachment) => ({
      instanceId: attachment.InstanceId ?? required(attachment.InstanceOwningService, 'attachment InstanceId'),
      deviceName: required(attachment.Device ?? attachment.AssociatedResource, 'attachment Device'),
      state: required(attachment.State, 'attachment State'),
    })),
    tags: toTags(volume.Tags),
  };
}

function toModification(modification: Ec2Modification): VolumeModification {
  return {
    volumeId: required(modification.VolumeId, 'VolumeId'),
    state: oneOf(modification.ModificationState, MODIFICATION_STATES, 'ModificationState'),
    originalGib: required(modification.OriginalSize, 'OriginalSize'),
    targetGib: required(modification.TargetSize, 'TargetSize'),
    startedAtMs: required(modification.StartTime, 'StartTime').getTime(),
    ...(modification.EndTime === undefined ? {} : { endedAtMs: modification.EndTime.getTime() }),
    ...(modification.StatusMessage === undefined ? {} : { statusMessage: modification.StatusMessage }),
  };
}
