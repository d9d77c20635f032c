/** Which calls of the system under test change the world, and what they ask for. */
import type { Fleet } from '../../functions/fleet/fleet.ts';
import { operator } from '../cloud/cloud.ts';
import type { SimulatedMsk } from '../cloud/msk.ts';
import { decodeConfigs } from '../cloud/msk/configs.ts';
import type { Call } from '../cloud/service.ts';
import type { Configs, Mutation } from './checker.ts';
import type { Watched } from './watched.ts';
import { topicConfigsOf } from './world.ts';

/** Undefined for what reads, and for what the operator does. */
export function mutationsOf(
  { readOnlyDocuments, msk }: Pick<Watched, 'readOnlyDocuments' | 'msk'>,
  fleet: Fleet,
): (call: Call) => Mutation | undefined {
  return ({ service, operation, input, principal, atMs }) => {
    if (principal === operator) return undefined;
    const action = `${service}:${operation}`;
    const base = {
      sizeGib: undefined,
      document: undefined,
      instanceIds: [],
      topic: undefined,
      by: principal.name,
      atMs,
    };
    const clusterArn = String(input['ClusterArn']);
    switch (action) {
      case 'ec2:ModifyVolume':
        return { ...base, action, volumeId: String(input['VolumeId']), sizeGib: whole(input['Size']) };
      case 'kafka:UpdateBrokerStorage': {
        const [volume] = (input['TargetBrokerEBSVolumeInfo'] ?? []) as Record<string, unknown>[];
        const volumeId = storageIdOf(fleet, clusterArn);
        return { ...base, action, volumeId, sizeGib: whole(volume?.['VolumeSizeGB']) };
      }
      case 'kafka:UpdateTopic': {
        const name = String(input['TopicName']);
        const topic = { name, before: topicConfigsOf(msk, clusterArn, name), asked: askedOf(msk, input['Configs']) };
        return { ...base, action, volumeId: storageIdOf(fleet, clusterArn), topic };
      }
      case 'ssm:SendCommand': {
        const document = String(input['DocumentName']);
        if (readOnlyDocuments.has(document)) return undefined;
        const parameters = (input['Parameters'] ?? {}) as Record<string, string[]>;
        const instanceIds = (input['InstanceIds'] ?? []) as string[];
        return { ...base, action, volumeId: parameters['VolumeId']?.[0] ?? '', document, instanceIds };
      }
      default:
        return undefined;
    }
  };
}

const whole = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** What MSK can't read either asks for nothing. */
function askedOf({ switches }: SimulatedMsk, text: unknown): Configs {
  try {
    return decodeConfigs(text, switches.configsFormat);
  } catch {
    return {};
  }
}

/** `msk/<cluster>`; of a cluster that the fleet doesn't know its ARN. */
function storageIdOf(fleet: Fleet, clusterArn: string): string {
  const cluster = fleet.clusters.find((one) => one.kind === 'msk' && one.clusterArn === clusterArn);
  return cluster === undefined ? clusterArn : `msk/${cluster.name}`;
}
