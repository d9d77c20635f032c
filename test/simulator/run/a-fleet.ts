/** The example's fleet: both kinds of clusters. */
import { readFileSync } from 'node:fs';
import type { Fleet, MskCluster } from '../../../functions/fleet/fleet.ts';
import { parseFleet } from '../../../functions/fleet/parse.ts';

export function exampleFleet(): Fleet {
  const file = new URL('../../../examples/fleet.yaml', import.meta.url);
  const parsed = parseFleet(readFileSync(file, 'utf8'), 'examples/fleet.yaml');
  if (!parsed.ok) throw new Error('examples/fleet.yaml is no fleet');
  return parsed.fleet;
}

export function mskClusterOf(fleet: Fleet): MskCluster {
  const cluster = fleet.clusters.find(({ kind }) => kind === 'msk');
  if (cluster?.kind !== 'msk') throw new Error('the fleet has no MSK cluster');
  return cluster;
}
