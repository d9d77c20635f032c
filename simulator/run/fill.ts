/** Where the brokers' data comes from: the seeded model of a growing business, or recorded traces. */
import { fillModel, traceFill, type FillModel } from '../fill/index.ts';
import { seededRandom } from '../random.ts';
import type { Trace } from '../traces/index.ts';
import type { WorldBroker } from './world.ts';

export type FillOptions =
  | { kind: 'model' }
  | {
      kind: 'traces';
      /** As given on the command line. */
      path: string;
      traces: readonly Trace[];
      /** How long a volume of the initial size takes to fill from empty at the trace's mean rate. */
      meanFillHours: number;
      retentionHours: number;
    };

export interface Fill {
  model: FillModel;
  source: string;
}

export function fillFor(
  world: readonly WorldBroker[],
  options: FillOptions,
  { seed, startMs }: { seed: number; startMs: number },
): Fill {
  const volumes = world.flatMap((broker) => broker.volumes);
  if (options.kind === 'traces') {
    const model = traceFill({
      startMs,
      volumes: volumes.map((volume, index) => ({
        volumeId: volume.volumeId,
        // One trace after the other: with fewer traces than volumes they are shared.
        trace: options.traces[index % options.traces.length] as Trace,
        capacityGib: volume.sizeGib,
        initialUsedFraction: volume.usedFraction,
        meanFillHours: options.meanFillHours,
        retentionHours: options.retentionHours,
      })),
    });
    return {
      model,
      source: `${options.traces.length} recorded trace${options.traces.length === 1 ? '' : 's'} (${options.path}), mean fill time ${options.meanFillHours} h, retention ${options.retentionHours} h`,
    };
  }
  const random = seededRandom(seed).fork('growth');
  const model = fillModel({
    seed,
    startMs,
    volumes: volumes.map((volume) => ({
      volumeId: volume.volumeId,
      capacityGib: volume.sizeGib,
      initialUsedFraction: volume.usedFraction,
      growthPerDay: random.between(0.02, 0.04),
    })),
    growthPerDay: 0.03,
    dailyAmplitude: 0.4,
    weekendDip: 0.2,
    bursts: { perWeek: 1.5, medianFraction: 0.06, medianHours: 3 },
  });
  return { model, source: 'seeded model: traffic grows by 2 to 4 % a day, daily and weekly shape, bursts, retention' };
}
