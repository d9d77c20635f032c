/** The run as one JSON document: what `simulate --json` prints. Keys and their order are an interface; add at the end. */
import { sortedEntries } from './format.ts';
import type { ClusterRun, RunRecord } from './run-record.ts';

export type ClusterDocument = Omit<ClusterRun, 'volumes'>;

export interface RunDocument {
  version: 1;
  seed: number;
  days: number;
  /** The only value that differs between two runs of the same seed. */
  wallSeconds: number;
  handlerInvocations: number;
  clusters: ClusterDocument[];
  workflows: RunRecord['workflows'];
  apiCalls: RunRecord['apiCalls'];
  violations: RunRecord['violations'];
}

export function jsonDocument(run: RunRecord, wallSeconds: number): RunDocument {
  return {
    version: run.version,
    seed: run.seed,
    days: run.days,
    wallSeconds,
    handlerInvocations: run.handlerInvocations,
    clusters: run.clusters.map(clusterDocument),
    workflows: Object.fromEntries(
      sortedEntries(run.workflows).map(([name, { executions, succeeded, failed }]) => [
        name,
        { executions, succeeded, failed },
      ]),
    ),
    apiCalls: Object.fromEntries(sortedEntries(run.apiCalls)),
    violations: run.violations.map(({ invariant, atMs, subject, detail }) => ({ invariant, atMs, subject, detail })),
  };
}

const clusterDocument = (cluster: ClusterRun): ClusterDocument => ({
  name: cluster.name,
  kind: cluster.kind,
  minutesFull: cluster.minutesFull,
  startGib: cluster.startGib,
  endGib: cluster.endGib,
  peakUsedFraction: cluster.peakUsedFraction,
  growths: cluster.growths,
  refusals: cluster.refusals,
  escalations: cluster.escalations,
  transitionsPerGrowth: { p50: cluster.transitionsPerGrowth.p50, max: cluster.transitionsPerGrowth.max },
  costUsdPerGrowth: cluster.costUsdPerGrowth,
  pollsPerGrowth: { p50: cluster.pollsPerGrowth.p50, max: cluster.pollsPerGrowth.max },
  pollsUsdPerGrowth: cluster.pollsUsdPerGrowth,
});
