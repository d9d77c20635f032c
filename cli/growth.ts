/** What storage would do now, by the code that the sweep and the workflow run. Reads only. */
import type { Fleet } from '../functions/fleet/fleet.ts';
import { planFleet } from '../functions/storage/index.ts';
import type { Sources } from '../functions/storage/kind.ts';
import { kindOf } from '../functions/storage/kinds.ts';
import type { Account } from './account.ts';

/** @param sources made anew for each question: they hold the time */
export function growthOf(sources: () => Sources, fleet: Fleet): Pick<Account, 'plan' | 'decide'> {
  return {
    plan: (cluster) =>
      planFleet(sources(), {
        ...fleet,
        clusters: fleet.clusters.filter(({ name }) => cluster === undefined || name === cluster),
      }),

    async decide({ cluster: name, volumeId }, request) {
      const cluster = fleet.clusters.find((candidate) => candidate.name === name);
      if (cluster === undefined) return undefined;
      const kind = kindOf(cluster);
      for (const facts of await kind.look(sources(), cluster, { volumeId, withMetrics: true })) {
        const volume = facts.volumes.find((candidate) => candidate.volumeId === volumeId);
        if (volume !== undefined) return kind.decide({ volume, facts, cluster, prices: fleet.prices, request });
      }
      return undefined;
    },
  };
}
