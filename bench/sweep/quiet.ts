/** One sweep in which nothing is due, while half of each request bucket is used by others. */
import { createHash } from 'node:crypto';
import type { Simulation } from '../../simulator/deploy/boot.ts';
import { callsOf, type Counts, meter, throttledOf, usdOf } from './meter.ts';
import { hourMs, makeWorld, type Shape } from './world.ts';

const shape: Shape = { ec2Clusters: 200, brokersPerCluster: 25, mskClusters: 200 };
const dayMs = 24 * hourMs;
const sweepsPerMonth = (30 * dayMs) / (hourMs / 4);

/** As `simulator/cloud/throttle.ts` has them, halved. */
const halves: Record<string, { burst: number; perSecond: number }> = {
  'ec2:DescribeInstances': { burst: 50, perSecond: 10 },
  'ec2:DescribeVolumes': { burst: 50, perSecond: 10 },
  'ec2:DescribeVolumesModifications': { burst: 50, perSecond: 10 },
  'ec2:ModifyVolume': { burst: 25, perSecond: 2.5 },
  'cloudwatch:GetMetricData': { burst: 25, perSecond: 25 },
  'states:StartExecution': { burst: 400, perSecond: 75 },
  'states:DescribeExecution': { burst: 125, perSecond: 5 },
  'kafka:ListClustersV2': { burst: 10, perSecond: 5 },
  'kafka:DescribeClusterV2': { burst: 10, perSecond: 5 },
  'kafka:ListClusterOperationsV2': { burst: 10, perSecond: 5 },
  'application-autoscaling:DescribeScalableTargets': { burst: 10, perSecond: 5 },
  's3:PutObject': { burst: 1750, perSecond: 1750 },
  's3:GetObject': { burst: 2750, perSecond: 2750 },
  'lambda:Invoke': { burst: 500, perSecond: 500 },
};

/**
 * Between 30 and 58 %, each at its own level: a day's wave of three points and a saw-tooth of half a point, as retention
 * makes it.
 */
function usedOf(volumeId: string): (atMs: number) => number {
  const digest = createHash('sha256').update(volumeId).digest();
  const [level = 0, phase = 0, tooth = 0] = [digest[0], digest[1], digest[2]].map((byte) => (byte ?? 0) / 255);
  return (atMs) => {
    const wave = 0.015 * Math.sin((2 * Math.PI * atMs) / dayMs + 0.5 * phase);
    return 0.32 + 0.23 * level + wave + 0.005 * ((atMs / (2 * hourMs) + tooth) % 1);
  };
}

export interface QuietSweep {
  volumes: number;
  mskClusters: number;
  ec2Calls: number;
  virtualSeconds: number;
  throttled: number;
  usd: number;
  usdPerMonth: number;
  usdBy: Record<string, number>;
  counts: Counts;
  status: string;
}

export async function quietSweep(): Promise<QuietSweep> {
  const { simulation, volumes } = await makeWorld(shape, usedOf);
  for (const [action, bucket] of Object.entries(halves)) simulation.cloud.throttle.limit(action, bucket);
  const counting = meter(simulation);
  const { status, seconds } = await sweep(simulation);
  const counts = counting.stop();
  const usdBy = usdOf(counts);
  const usd = Object.values(usdBy).reduce((sum, part) => sum + part, 0);
  return {
    volumes: volumes.length,
    mskClusters: shape.mskClusters,
    ec2Calls: callsOf(counts, 'ec2'),
    virtualSeconds: seconds,
    throttled: throttledOf(counts),
    usd,
    usdPerMonth: usd * sweepsPerMonth,
    usdBy,
    counts,
    status,
  };
}

/** Starts one as the schedule would, and lets it come to its end. */
export async function sweep(simulation: Simulation): Promise<{ status: string; seconds: number }> {
  const slot = `${new Date(simulation.clock.nowMs()).toISOString().slice(0, 19)}Z`;
  const fromMs = simulation.clock.nowMs();
  const { executionArn } = (await simulation.invoke('start-workflow', {
    source: 'schedule',
    workflow: 'storage-sweep',
    slot,
  })) as { executionArn: string };
  const record = () => simulation.states.records.find(executionArn, simulation.clock.nowMs());
  while (record()?.stoppedMs === undefined) await simulation.run(simulation.clock.nowMs() + 1000);
  const { status = 'gone', stoppedMs = Number.NaN, cause } = record() ?? {};
  return { status: cause === undefined ? status : `${status}: ${cause}`, seconds: (stoppedMs - fromMs) / 1000 };
}
