import * as z from 'zod/mini';
import type { Ledger, VolumeRecord } from '../gateways/ledger/ledger.ts';
import type { EbsGateway, MetricsGateway, WorkflowsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { DefectFault } from '../runtime/fault.ts';
import { remember, survey, type GrowthDecision, type SurveyedBroker } from '../storage/index.ts';
import type { Cluster, Fleet } from './fleet.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  ebs: EbsGateway;
  metrics: MetricsGateway;
  workflows: WorkflowsGateway;
}

const Input = z.object({ trigger: z.record(z.string(), z.unknown()), slot: z.string() });

/** One execution that the sweep wants; `start-workflow` takes it as it is. */
export interface Wanted {
  source: 'sweep';
  workflow: 'storage-scaling' | 'host-inspection';
  cluster: string;
  subject: string;
  slot: string;
}

const hourMs = 3_600_000;
/** The daily inspection is renewed well before an inspection is too old for a growth (24 h). */
const inspectAfterMs = 20 * hourMs;

/**
 * State `Sweep`: looks at the whole fleet, because alarms fire only on transitions (S7): a volume that stayed above its
 * threshold after a small step, a missed run, a cool-down that ended, a volume that no alarm covers. Starts nothing itself:
 * it lists what should be started. Run twice: the same list, and `start-workflow` starts each entry once.
 */
export const sweep =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<{ start: Wanted[]; volumes: number }> => {
    const parsed = z.safeParse(Input, event);
    if (!parsed.success) throw new DefectFault('InputInvalid', z.prettifyError(parsed.error));
    const { clock, fleet, ledger, ebs, metrics } = dependencies;
    const nowMs = clock.nowMs();
    const start: Wanted[] = [];
    let volumes = 0;
    for (const cluster of fleet.clusters) {
      const brokers = await survey({ ledger, ebs, metrics, nowMs }, fleet, cluster);
      const records = new Map((await ledger.volumes(cluster.name)).map((record) => [record.volumeId, record]));
      for (const broker of brokers) {
        volumes += broker.volumes.length;
        await remember({ ledger, nowMs }, broker.facts);
        start.push(...inspectionsOf(broker, cluster, nowMs));
        start.push(...(await growthsOf(dependencies, broker, cluster, records, parsed.data.slot)));
      }
    }
    return { start, volumes };
  };

/** Once per host and half hour: a broker that can't be reached is not asked in every sweep. */
function inspectionsOf(broker: SurveyedBroker, cluster: Cluster, nowMs: number): Wanted[] {
  const due = broker.volumes.find(({ volume }) => volume.instanceState === 'running' && isDue(volume, nowMs));
  if (due === undefined) return [];
  const attached = broker.volumes.map(({ volume }) => volume.volumeId).join(' ');
  const halfHour = Math.floor(nowMs / (hourMs / 2));
  return [
    {
      source: 'sweep',
      workflow: 'host-inspection',
      cluster: cluster.name,
      subject: due.volume.instanceId,
      slot: `${halfHour} ${attached}`,
    },
  ];
}

function isDue({ inspection, instanceId }: SurveyedBroker['volumes'][number]['volume'], nowMs: number): boolean {
  return inspection === undefined || inspection.instanceId !== instanceId || nowMs - inspection.atMs >= inspectAfterMs;
}

async function growthsOf(
  { clock, ledger, workflows }: Dependencies,
  broker: SurveyedBroker,
  cluster: Cluster,
  records: Map<string, VolumeRecord>,
  slot: string,
): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  for (const { volume, decision } of broker.volumes) {
    const standing = records.get(volume.volumeId)?.escalations[escalationOf(decision, cluster)];
    const reminderMs = cluster.policy.escalationReminderHours * hourMs;
    const told = standing !== undefined && clock.nowMs() - standing.remindedAtMs < reminderMs;
    if (!worthAnExecution(decision) || told) continue;
    if (await isBusy({ ledger, workflows }, volume.volumeId)) continue;
    wanted.push({
      source: 'sweep',
      workflow: 'storage-scaling',
      cluster: cluster.name,
      subject: volume.volumeId,
      slot,
    });
  }
  return wanted;
}

/** What changes nothing and calls nobody needs no record. An inspection is started for the host, not for the volume. */
function worthAnExecution({ action }: GrowthDecision): boolean {
  return action === 'grow' || action === 'grow-filesystem' || action === 'refuse' || action === 'escalate';
}

/** The name under which an operation with this decision calls a person: called once, then as a reminder. */
function escalationOf({ action, reason }: GrowthDecision, { mode }: Cluster): string {
  if (action === 'refuse' || action === 'escalate') return reason;
  return mode === 'observe' ? 'observed' : '';
}

async function isBusy(
  { ledger, workflows }: Pick<Dependencies, 'ledger' | 'workflows'>,
  volumeId: string,
): Promise<boolean> {
  const lease = await ledger.readLease(`volume/${volumeId}`);
  if (lease === undefined) return false;
  const status = await workflows.status(lease.executionArn);
  return status === 'RUNNING' || status === 'PENDING_REDRIVE';
}
