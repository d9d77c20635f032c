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
  AnswerLost,
  ModificationInProgress,
  UnknownAwsError,
  UnsupportedVolume,
  VolumeModificationLimit,
  VolumeNotFound,
  VolumeQuotaExceeded,
} from './faults.ts';
import { modificationLimitWhen } from './modification-limit.ts';
import type { Broker, EbsGateway, EbsVolume, VolumeModification } from './types.ts';

/** Values per filter [EC2 guide Using_Filtering]. */
const FILTER_VALUES_MAX = 200;
/** Page size; DescribeVolumesModifications allows no more (aws-facts 2.1). */
const PAGE_SIZE = 500;
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

  const instances = (filters: Filter[]) =>
    pages(async (NextToken) => {
      const page = await answered(
        reading.send(new DescribeInstancesCommand({ Filters: filters, MaxResults: PAGE_SIZE, NextToken })),
        'read',
      );
      return { items: (page.Reservations ?? []).flatMap((one) => one.Instances ?? []), next: page.NextToken };
    });

  const volumes = (filter: Filter) =>
    pages(async (NextToken) => {
      const page = await answered(
        reading.send(new DescribeVolumesCommand({ Filters: [filter], MaxResults: PAGE_SIZE, NextToken })),
        'read',
      );
      return { items: (page.Volumes ?? []).map(toVolume), next: page.NextToken };
    });

  return {
    async brokers(select) {
      const live: Filter = { Name: 'instance-state-name', Values: LIVE_STATES };
      if ('instanceIds' in select) {
        const groups = batches([...new Set(select.instanceIds)], FILTER_VALUES_MAX);
        const found = await collect(groups, (Values) => instances([live, { Name: 'instance-id', Values }]));
        return found.map(toBroker).sort(byId((broker) => broker.instanceId));
      }
      const tags = Object.entries(select.tags);
      // Without a condition every instance of the account would be a broker.
      if (tags.length === 0) throw new UnknownAwsError('brokers are selected by no tag at all');
      const found = await instances([
        live,
        ...tags.map(([key, value]) => ({ Name: `tag:${key}`, Values: [literal(value)] })),
      ]);
      return found
        .map(toBroker)
        .filter((broker) => tags.every(([key, value]) => broker.tags[key] === value))
        .sort(byId((broker) => broker.instanceId));
    },

    async volumesOf(instanceIds) {
      const groups = batches([...new Set(instanceIds)], FILTER_VALUES_MAX);
      const found = await collect(groups, (Values) => volumes({ Name: 'attachment.instance-id', Values }));
      // With multi-attach one volume can be found in two batches.
      return [...new Map(found.map((volume) => [volume.volumeId, volume])).values()].sort(
        byId((volume) => volume.volumeId),
      );
    },

    async volume(volumeId) {
      const found = await volumes({ Name: 'volume-id', Values: [literal(volumeId)] });
      return found.find((volume) => volume.volumeId === volumeId);
    },

    async modifications(volumeIds) {
      const groups = batches([...new Set(volumeIds)], FILTER_VALUES_MAX);
      const found = await collect(groups, (Values) =>
        pages(async (NextToken) => {
          const Filters = [{ Name: 'volume-id', Values }];
          const page = await answered(
            reading.send(new DescribeVolumesModificationsCommand({ Filters, MaxResults: PAGE_SIZE, NextToken })),
            'read',
          );
          return { items: (page.VolumesModifications ?? []).map(toModification), next: page.NextToken };
        }),
      );
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

/** All pages of one listing. */
async function pages<T>(read: (token: string | undefined) => Promise<{ items: T[]; next: string | undefined }>) {
  const all: T[] = [];
  let token: string | undefined;
  for (let count = 0; count < PAGES_MAX; count++) {
    const { items, next } = await read(token);
    all.push(...items);
    if (next === undefined || next === '') return all;
    token = next;
  }
  throw new UnknownAwsError(`a listing did not end after ${PAGES_MAX} pages`);
}

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
