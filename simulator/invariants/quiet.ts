/**
 * Where nothing may be changed, nobody even tries: no mutating call in a dry run, for a cluster in mode observe, or while
 * the cluster or the fleet is paused. A call that was on its way when the pause was written is no violation, and giving
 * retention back is undo: that always may run.
 */
import type { Checker, InvariantWorld, Report } from './checker.ts';
import { isShorter } from './retention.ts';

/** Longer than a call is on its way, shorter than any step's next look at the ledger. */
const inFlightMs = 1_000;

export function quiet(world: InvariantWorld, report: Report): Checker {
  const pausedSinceMs = new Map<string, number>();

  return {
    pauseChanged(cluster, isPaused) {
      if (!isPaused) pausedSinceMs.delete(cluster);
      else if (!pausedSinceMs.has(cluster)) pausedSinceMs.set(cluster, world.nowMs());
    },
    attempted({ action, volumeId, instanceIds, topic, atMs }) {
      const subject = volumeId === '' ? instanceIds.join(',') : volumeId;
      if (world.isDryRun()) report('quiet-in-dry-run', subject, `${action} in a dry run`);
      if (topic !== undefined && !isShorter(topic.before, topic.asked)) return;
      const name = world.clusterOf(volumeId);
      const cluster = world.fleet.clusters.find((one) => one.name === name);
      if (cluster?.mode === 'observe')
        report('quiet-in-observe', subject, `${action} though ${cluster.name} is observed only`);
      for (const scope of ['*', ...(name === undefined ? [] : [name])]) {
        const sinceMs = pausedSinceMs.get(scope);
        if (sinceMs === undefined || atMs - sinceMs <= inFlightMs) continue;
        report(
          'quiet-while-paused',
          subject,
          `${action} though ${scope} is paused since ${new Date(sinceMs).toISOString()}`,
        );
      }
    },
  };
}
