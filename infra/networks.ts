/**
 * The fleet's networks: functions in them speak Kafka and nothing else. They need no way to AWS: their logs are written
 * by Lambda itself.
 */
import type { Fleet, Network } from '../functions/fleet/fleet.ts';
import type { Grant } from './permissions.ts';

/** Those from which a cluster is reached. */
export function usedNetworks({ networks = {}, clusters }: Fleet): Record<string, Network> {
  const used = new Set(clusters.flatMap((cluster) => (cluster.kind === 'ec2' ? (cluster.kafka?.network ?? []) : [])));
  return Object.fromEntries(Object.entries(networks).filter(([name]) => used.has(name)));
}

/** As in AWS's own policy AWSLambdaVPCAccessExecutionRole [Lambda guide configuration-vpc]. */
export const interfaceActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

export const interfaceGrant: Grant = {
  actions: interfaceActions,
  resources: ['*'],
  because: 'Lambda makes the network interfaces of a function, whose ids nobody knows before; its code is denied them.',
};
