/** All volumes of a fleet are due at once, each with another time left, and EC2's bucket for ModifyVolume is full. */
import { createHash } from 'node:crypto';
import { meter, throttledOf } from './meter.ts';
import { sweep } from './quiet.ts';
import { hourMs, makeWorld, type Shape, startMs } from './world.ts';

const shape: Shape = { ec2Clusters: 40, brokersPerCluster: 25, mskClusters: 0 };
/** ModifyVolume: aws-facts 2.4. */
const bucket = { burst: 50, perSecond: 5 };
/** After the last call, until its growth has been proven on its host. */
const settleMs = 5 * 60_000;
const waitMaxMs = 3 * hourMs;

/** Filled by the same amount each hour, so that the forecast is right: full in 6 to some 100 hours. */
function fillOf(volumeId: string): { usedFraction: number; perHour: number } {
  const digest = createHash('sha256').update(volumeId).digest();
  return {
    usedFraction: 0.76 + (0.09 * digest.readUInt16BE(0)) / 65_535,
    perHour: 0.002 + (0.023 * digest.readUInt16BE(2)) / 65_535,
  };
}

export interface Storm {
  volumes: number;
  virtualSeconds: number;
  boundSeconds: number;
  ratio: number;
  throttled: number;
  /** Of all pairs of volumes, how many were modified in the order of their urgency. */
  pairsInOrder: number;
  /** Growths that were proven within the time that was watched. */
  grown: number;
  throttledBy: Record<string, number>;
  describesPerGrowth: Record<string, number>;
  sweepSeconds: number;
  firstSeconds: number;
  sweepStatus: string;
}

export async function storm(): Promise<Storm> {
  const { simulation, volumes } = await makeWorld(shape, (volumeId) => {
    const { usedFraction, perHour } = fillOf(volumeId);
    return (atMs) => usedFraction + ((atMs - startMs) / hourMs) * perHour;
  });
  const accepted: { volumeId: string; atMs: number }[] = [];
  let grown = 0;
  simulation.cloud.observe({
    after: ({ service, operation, input, atMs }, outcome) => {
      if (service === 'ec2' && operation === 'ModifyVolume' && 'answer' in outcome)
        accepted.push({ volumeId: String(input.VolumeId), atMs });
    },
  });
  simulation.cloud.onEvent((event) => {
    if (event['detail-type'] === 'Storage Grown') grown += 1;
  });
  const counting = meter(simulation);
  const fromMs = simulation.clock.nowMs();
  const { status, seconds } = await sweep(simulation);
  while (accepted.length < volumes.length && simulation.clock.nowMs() < fromMs + waitMaxMs)
    await simulation.run(simulation.clock.nowMs() + 10_000);
  await simulation.run(simulation.clock.nowMs() + settleMs);
  const counts = counting.stop();

  const lastMs = accepted.at(-1)?.atMs ?? Number.NaN;
  const virtualSeconds = (lastMs - fromMs) / 1000;
  const boundSeconds = (volumes.length - bucket.burst) / bucket.perSecond;
  return {
    volumes: accepted.length,
    virtualSeconds,
    boundSeconds,
    ratio: virtualSeconds / boundSeconds,
    throttled: throttledOf(counts),
    pairsInOrder: pairsInOrder(accepted.map(({ volumeId }) => volumeId)),
    grown,
    throttledBy: counts.throttled,
    describesPerGrowth: Object.fromEntries(
      Object.entries(counts.calls)
        .filter(([key]) => key.startsWith('ec2:'))
        .map(([key, count]) => [key.slice('ec2:'.length), count / volumes.length]),
    ),
    sweepSeconds: seconds,
    firstSeconds: ((accepted[0]?.atMs ?? Number.NaN) - fromMs) / 1000,
    sweepStatus: status,
  };
}

function pairsInOrder(volumeIds: readonly string[]): number {
  const hours = volumeIds.map((volumeId) => {
    const { usedFraction, perHour } = fillOf(volumeId);
    return (1 - usedFraction) / perHour;
  });
  let [inOrder, all] = [0, 0];
  for (let a = 0; a < hours.length; a++) {
    for (let b = a + 1; b < hours.length; b++) {
      all += 1;
      if ((hours[a] ?? 0) <= (hours[b] ?? 0)) inOrder += 1;
    }
  }
  return all === 0 ? 1 : inOrder / all;
}
