/**
 * One storage's changes: never two in flight, never one while the previous isn't completed, never smaller; of an EBS
 * volume never a fifth in 24 h. Read from the cloud's own record, which keeps every modification. aws-facts 1.1, 2.1.
 */
import type { Checker, InvariantWorld, Mutation, Report } from './checker.ts';
import { isGrowth } from './storage.ts';

const dayMs = 86_400_000;
const modificationsPerDayMax = 4;

export function changes(world: InvariantWorld, report: Report): Checker {
  const largestGib = new Map<string, number>();
  const touched = new Set<string>();

  const neverShrinks = (volumeId: string): void => {
    const volume = world.volume(volumeId);
    if (volume === undefined) return;
    const before = largestGib.get(volumeId);
    // A modification that fails leaves the size as it was before.
    const hasFailed = volume.modifications.at(-1)?.state === 'failed';
    if (before !== undefined && volume.sizeGib < before && !hasFailed) {
      report('never-shrinks', volumeId, `${before} GiB became ${volume.sizeGib} GiB`);
    }
    largestGib.set(volumeId, volume.sizeGib);
  };

  return {
    attempted({ action, volumeId }) {
      // MSK would refuse it, but whoever holds the lease knows of its own operation. A stranger's may have begun just now.
      if (action !== 'kafka:UpdateBrokerStorage') return;
      const running = world
        .volume(volumeId)
        ?.modifications.find(({ foreign, state }) => !foreign && state === 'modifying');
      if (running === undefined) return;
      const since = new Date(running.startedAtMs).toISOString();
      report('one-change-at-a-time', volumeId, `${action} while our own operation of ${since} is running`);
    },
    accepted(mutation) {
      if (!isGrowth(mutation.action)) return;
      const volume = world.volume(mutation.volumeId);
      if (volume === undefined) return;
      touched.add(volume.volumeId);
      const { atMs } = mutation;
      const [latest, ...earlier] = volume.modifications.toReversed();
      if (latest === undefined) return;
      const inFlight = earlier.find(
        ({ state, endedAtMs }) => endedAtMs === undefined || endedAtMs > atMs || state === 'modifying',
      );
      if (inFlight !== undefined) {
        const since = new Date(inFlight.startedAtMs).toISOString();
        report(
          'one-change-at-a-time',
          volume.volumeId,
          `modified while the modification of ${since} is ${inFlight.state}`,
        );
      }
      const ours = volume.modifications.filter(({ foreign, startedAtMs }) => !foreign && startedAtMs > atMs - dayMs);
      const most = Math.min(modificationsPerDayMax, policyMax(world, mutation));
      if (mutation.action === 'ec2:ModifyVolume' && ours.length > most) {
        report('modification-rate', volume.volumeId, `${ours.length} modifications in 24 h, at most ${most}`);
      }
      if (latest.targetGib < latest.originalGib) {
        report(
          'never-shrinks',
          volume.volumeId,
          `${latest.originalGib} GiB was asked to become ${latest.targetGib} GiB`,
        );
      }
    },
    rested() {
      for (const volumeId of touched) {
        neverShrinks(volumeId);
        const last = world.volume(volumeId)?.modifications.at(-1);
        if (last === undefined || last.endedAtMs !== undefined) touched.delete(volumeId);
      }
    },
  };
}

function policyMax(world: InvariantWorld, { volumeId }: Mutation): number {
  const name = world.clusterOf(volumeId);
  const cluster = world.fleet.clusters.find((one) => one.name === name);
  return cluster?.policy.modificationsPerDayMax ?? modificationsPerDayMax;
}
