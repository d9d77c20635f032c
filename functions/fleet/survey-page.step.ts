import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Ledger, VolumeRecord } from '../gateways/ledger/ledger.ts';
import type { MetricsGateway, ObjectsGateway, Reference, WorkflowsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { DefectFault } from '../runtime/fault.ts';
import { sideBySide } from '../runtime/side-by-side.ts';
import { endInterrupted, survey, type Services } from '../storage/index.ts';
import type { Fleet } from './fleet.ts';
import { lookAt, reliefOf } from './sweep-broker.ts';
import type { DuePage } from './sweep-due.ts';
import type { Page } from './sweep-pages.ts';

interface Dependencies extends Services {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  metrics: MetricsGateway;
  workflows: WorkflowsGateway;
  objects: ObjectsGateway;
}

const Input = z.object({
  page: z.object({ bucket: z.string(), key: z.string(), sha256: z.string() }),
  number: z.int(),
  slot: z.string(),
  dueAtMs: z.number(),
});

const hourMs = 3_600_000;
/** Calls to the ledger under way at a time. */
const atOnce = 20;
/** Executions asked for on one page: DescribeExecution is refilled with ten a second (docs/facts/rules.md). */
const statusesMax = 10;

/**
 * State `SurveyPage`: looks at one page of the fleet, because alarms fire only on transitions (S7): a volume that stayed
 * above its threshold after a small step, a missed run, a cool-down that ended, a volume that no alarm covers. Starts
 * nothing itself: it writes down what should be started. What was listed is some seconds old; whoever acts looks again.
 * Run twice: the same list, and `start-workflow` starts each entry once.
 *
 * It also ends what nobody else does: the record of an operation that was stopped, and the call for a person whose cause
 * is gone.
 */
export const surveyPage =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<{ due: Reference; volumes: number; wanted: number }> => {
    const parsed = z.safeParse(Input, event);
    if (!parsed.success) throw new DefectFault('InputInvalid', z.prettifyError(parsed.error));
    const { page, number, slot, dueAtMs } = parsed.data;
    const { clock, fleet, objects } = dependencies;
    const ledger = readingOnce(dependencies.ledger);
    const nowMs = clock.nowMs();
    const { parts } = await objects.get<Page>(page);
    const known = parts.flatMap((part) => {
      const cluster = fleet.clusters.find(({ name }) => name === part.cluster);
      // Gone from the fleet since the page was written.
      return cluster === undefined
        ? []
        : [{ part, cluster, lastDay: isTurnOf(cluster.name, fleet.sweepMinutes, dueAtMs) }];
    });
    const interrupted = await endedByNobody(
      { ledger, workflows: dependencies.workflows },
      known.filter(({ part, lastDay }) => part.isFirst && lastDay).map(({ cluster }) => cluster.name),
      nowMs,
    );
    const surveyed = await survey(
      { ...dependencies, ledger, nowMs },
      fleet,
      known.map(({ part: { listed, elsewhereGib }, cluster, lastDay }) => ({ cluster, listed, elsewhereGib, lastDay })),
    );
    const brokers = known.flatMap(({ cluster, lastDay }, index) =>
      (surveyed[index] ?? []).map((broker) => ({ cluster, broker, isTurn: lastDay })),
    );
    const found = await sideBySide(brokers, atOnce, ({ cluster, broker, isTurn }) =>
      lookAt({ broker, cluster, ledger, interrupted, slot, nowMs, isTurn }),
    );
    const due: DuePage = {
      due: found.flat(),
      reliefs: known.flatMap(({ part, cluster }, index) =>
        reliefOf(part, cluster, surveyed[index] ?? [], slot, nowMs, fleet.prices),
      ),
    };
    return {
      due: await objects.put(`sweeps/${slot}/due/${number}.json`, due),
      volumes: brokers.reduce((sum, { broker }) => sum + broker.volumes.length, 0),
      wanted: due.due.length + due.reliefs.length,
    };
  };

/** The same ledger for one look: what is remembered of a cluster's volumes is read once. */
function readingOnce(ledger: Ledger): Ledger {
  const volumes = new Map<string, Promise<VolumeRecord[]>>();
  return {
    ...ledger,
    volumes(cluster) {
      const known = volumes.get(cluster) ?? ledger.volumes(cluster);
      volumes.set(cluster, known);
      return known;
    },
  };
}

/** Each cluster is looked at closely in one sweep of each hour; which one, its name says. */
function isTurnOf(cluster: string, sweepMinutes: number, dueAtMs: number): boolean {
  const turns = Math.max(1, Math.ceil(60 / sweepMinutes));
  const own = createHash('sha256').update(cluster).digest().readUInt32BE(0) % turns;
  return Math.floor(dueAtMs / (sweepMinutes * 60_000)) % turns === own;
}

/** Operations that are recorded as open though Step Functions closed them. */
async function endedByNobody(
  { ledger, workflows }: Pick<Dependencies, 'ledger' | 'workflows'>,
  clusters: readonly string[],
  nowMs: number,
): Promise<Set<string>> {
  const recorded = await sideBySide(clusters, atOnce, (cluster) =>
    ledger.operations(cluster, { sinceMs: nowMs - 72 * hourMs, limit: 25 }),
  );
  const open = recorded.flat().filter(({ status }) => status === 'running' || status === 'awaiting-approval');
  // Where there are more, others have their turn in the next hour.
  const from = open.length === 0 ? 0 : (Math.floor(nowMs / hourMs) * statusesMax) % open.length;
  const asked = [...open.slice(from), ...open.slice(0, from)].slice(0, statusesMax);
  const subjects = new Set<string>();
  for (const operation of asked) {
    const status = await workflows.status(operation.executionArn);
    if (status === 'RUNNING' || status === 'PENDING_REDRIVE') continue;
    if (await endInterrupted(ledger, operation.operationId, nowMs)) subjects.add(operation.subject);
  }
  return subjects;
}
