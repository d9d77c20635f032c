/** Where the brokers' data comes from: the seeded model of a growing business, or recorded traces. */
import { fillModel, traceFill, withSurges, type SurgingFill } from '../fill/index.ts';
import { seededRandom } from '../random.ts';
import type { Trace } from '../traces/index.ts';
import type { WorldDisk } from './world.ts';

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
  model: SurgingFill;
  source: string;
}

export function fillFor(
  world: readonly WorldDisk[],
  options: FillOptions,
  { seed, startMs }: { seed: number; startMs: number },
): Fill {
  if (options.kind === 'traces') {
    // One trace after the other: with fewer traces than storages they are shared. Partitions of the same topics lie on
    // all brokers of an MSK cluster, so they fill at one pace.
    const storageIds = [...new Set(world.map(({ storageId }) => storageId))];
    const model = traceFill({
      startMs,
      volumes: world.map((volume) => ({
        volumeId: volume.volumeId,
        trace: options.traces[storageIds.indexOf(volume.storageId) % options.traces.length] as Trace,
        capacityGib: volume.sizeGib,
        initialUsedFraction: volume.usedFraction,
        meanFillHours: options.meanFillHours,
        retentionHours: options.retentionHours,
      })),
    });
    return {
      model: withSurges(model),
      source: `${options.traces.length} recorded trace${options.traces.length === 1 ? '' : 's'} (${options.path}), mean fill time ${options.meanFillHours} h, retention ${options.retentionHours} h`,
    };
  }
  const random = seededRandom(seed).fork('growth');
  /** The brokers of an MSK cluster lead the partitions of the same topics: they grow at about one pace. */
  const paces = new Map<string, number>();
  const paceOf = ({ kind, cluster }: WorldDisk): number => {
    if (kind === 'ec2') return random.between(0.02, 0.04);
    const pace = paces.get(cluster) ?? random.between(0.02, 0.04);
    paces.set(cluster, pace);
    return pace + random.between(-0.001, 0.001);
  };
  const model = fillModel({
    seed,
    startMs,
    volumes: world.map((disk) => ({
      volumeId: disk.volumeId,
      capacityGib: disk.sizeGib,
      initialUsedFraction: disk.usedFraction,
      growthPerDay: paceOf(disk),
    })),
    growthPerDay: 0.03,
    dailyAmplitude: 0.4,
    weekendDip: 0.2,
    bursts: { perWeek: 1.5, medianFraction: 0.06, medianHours: 3 },
  });
  return {
    model: withSurges(model),
    source: 'seeded model: traffic grows by 2 to 4 % a day, daily and weekly shape, bursts, retention',
  };
}
