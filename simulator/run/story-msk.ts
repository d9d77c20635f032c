/**
 * What goes wrong on MSK clusters during a run, drawn from its seed: a version that goes stale between a look and the
 * call, an operation that fails, an hour of maintenance, and in most seeds a surge of data inside a cool-down, when
 * no growth can help. Refusals in cool-downs come by MSK's own rules.
 */
import type { Call } from '../cloud/service.ts';
import type { Simulation } from '../deploy/boot.ts';
import type { SurgingFill } from '../fill/index.ts';
import { stateOf } from './disks.ts';
import { due } from './due.ts';
import type { MskDisk, WorldDisk } from './world.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export function tellMskStory(
  simulation: Simulation,
  options: { startMs: number; days: number; world: readonly WorldDisk[]; fill: SurgingFill },
): void {
  const disks = options.world.filter((disk): disk is MskDisk => disk.kind === 'msk');
  for (const clusterArn of new Set(disks.map((disk) => disk.clusterArn))) {
    tellOf(simulation, clusterArn, { ...options, disks: disks.filter((disk) => disk.clusterArn === clusterArn) });
  }
}

function tellOf(
  simulation: Simulation,
  clusterArn: string,
  { startMs, days, disks, fill }: { startMs: number; days: number; disks: readonly MskDisk[]; fill: SurgingFill },
): void {
  const { cloud, clock, msk } = simulation;
  const random = cloud.random('story/msk').fork(clusterArn);
  const dayIn = (from: number, to: number): number => startMs + Math.round(random.between(from, to) * dayMs);

  // Within the run or not at all: a short run is a quiet one.
  const endMs = startMs + days * dayMs;
  const at = (atMs: number, act: () => void): void => void (atMs < endMs && clock.at(atMs, act));
  at(dayIn(1, 12), () => msk.failNextOperation(clusterArn));
  at(dayIn(2, 28), () => msk.setState(clusterArn, 'MAINTENANCE', hourMs));

  // The first call after it meets a version that somebody's other update has made stale since it was read.
  const stale = [dayIn(1, 15)];
  cloud.observe({
    before: ({ service, operation, input, atMs }: Call) => {
      if (service !== 'kafka' || operation !== 'UpdateBrokerStorage' || input['ClusterArn'] !== clusterArn) return;
      if (due(stale, atMs)) msk.touch(clusterArn);
    },
  });

  const surges = random.chance(0.75) ? [dayIn(2, 10)] : [];
  const afterMs = Math.round(random.between(1, 1.5) * hourMs);
  const durationMs = Math.round(random.between(5, 5.5) * hourMs);
  msk.onUpdate((operation, cluster) => {
    if (cluster.clusterArn !== clusterArn) return;
    clock.after(afterMs, () => {
      // The operation has ended by then, its cool-down has not. One that failed has none.
      if (operation.state !== 'UPDATE_COMPLETE' || !due(surges, operation.atMs)) return;
      surge(simulation, disks, fill, durationMs);
    });
  });
}

/** As if somebody reprocessed a year: half a disk on every broker, where the fullest has room for so much. */
function surge(simulation: Simulation, disks: readonly MskDisk[], fill: SurgingFill, durationMs: number): void {
  const startMs = simulation.clock.nowMs();
  const states = disks.map((disk) => stateOf(simulation, disk));
  const gib = Math.min(...states.map(({ sizeGib, usedGib }) => Math.min(sizeGib - usedGib, sizeGib / 2)));
  for (const { volumeId } of disks) fill.surge(volumeId, { startMs, durationMs, gib, keptMs: dayMs });
}
