/** A simulated account with MSK in it, and short words for asking it. */
import { VirtualClock } from '../../../simulator/clock.ts';
import { operator, SimulatedCloud } from '../../../simulator/cloud/cloud.ts';
import { SimulatedCloudWatch } from '../../../simulator/cloud/cloudwatch.ts';
import { SimulatedEc2 } from '../../../simulator/cloud/ec2.ts';
import { SimulatedHosts } from '../../../simulator/cloud/host.ts';
import { brokerVolumeId, SimulatedMsk, type NewCluster } from '../../../simulator/cloud/msk.ts';
import type { BusEvent } from '../../../simulator/cloud/service.ts';

export const startMs = Date.parse('2026-11-21T00:00:00Z');
export const minute = 60_000;
export const hour = 60 * minute;
export const gib = 2 ** 30;

export interface Answer {
  ClusterInfo: { State: string; CurrentVersion: string; ActiveOperationArn?: string; [key: string]: unknown };
  ClusterInfoList: { ClusterName: string }[];
  ClusterOperationInfo: { OperationState: string; [key: string]: unknown };
  ClusterOperationInfoList: { OperationArn: string; OperationState: string }[];
  ClusterOperationArn: string;
  Topics: { TopicName: string; TopicArn: string; PartitionCount: number }[];
  Partitions: { Partition: number; Leader: number; Replicas: number[] }[];
  Configs: string;
  Status: string;
  NextToken?: string;
}

/** Brokers' volumes hold 50 GiB, and the i-th one i GiB more each day, unless a test says otherwise. */
export function mskWorld(cluster: Partial<NewCluster> = {}, seed: number | string = 1) {
  const clock = new VirtualClock(startMs);
  const cloud = new SimulatedCloud({ clock, seed });
  const ec2 = cloud.add(new SimulatedEc2(cloud));
  const usedBytes = (volumeId: string, atMs: number): number => {
    const brokerId = [1, 2, 3].find((id) => brokerVolumeId('orders', id) === volumeId) ?? Number.NaN;
    return (50 + (brokerId * (atMs - startMs)) / (24 * hour)) * gib;
  };
  const fill = { usedBytes, shortenRetention: () => undefined, notes: [] };
  const cloudwatch = cloud.add(new SimulatedCloudWatch(cloud, new SimulatedHosts(cloud, ec2, fill)));
  const msk = cloud.add(new SimulatedMsk(cloud, fill, cloudwatch.metrics));
  const { clusterArn } = msk.createCluster({ clusterName: 'orders', ...cluster });
  const events: BusEvent[] = [];
  cloud.onEvent((event) => events.push(event));
  const ask = (service: string, operation: string, input: Record<string, unknown>) =>
    cloud.answer({ service, operation, input, principal: operator, atMs: clock.nowMs() });
  const call = (operation: string, input: Record<string, unknown> = {}) =>
    ask('kafka', operation, { ClusterArn: clusterArn, ...input }) as Answer;
  const info = () => call('DescribeClusterV2').ClusterInfo;
  const grow = (VolumeSizeGB: number, more: object = {}, CurrentVersion = msk.cluster(clusterArn).currentVersion) =>
    call('UpdateBrokerStorage', {
      CurrentVersion,
      TargetBrokerEBSVolumeInfo: [{ KafkaBrokerNodeId: 'All', VolumeSizeGB, ...more }],
    }).ClusterOperationArn;
  return { clock, cloud, cloudwatch, msk, clusterArn, events, ask, call, info, grow };
}

/** What a refusal says. */
export function errorOf(work: () => unknown): { name: string; message: string } {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a refusal');
}
