import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Ledger } from '../gateways/ledger/ledger.ts';
import type { WorkflowsGateway } from '../gateways/types.ts';
import { DefectFault } from '../runtime/fault.ts';

interface Dependencies {
  fleet: Fleet;
  ledger: Ledger;
  workflows: WorkflowsGateway;
}

const Alarm = z.object({
  source: z.literal('aws.cloudwatch'),
  resources: z.array(z.string()).check(z.minLength(1)),
  detail: z.object({
    state: z.object({ value: z.string(), timestamp: z.string() }),
    alarmContributor: z.optional(z.object({ id: z.string(), attributes: z.record(z.string(), z.string()) })),
    configuration: z.optional(
      z.object({
        metrics: z.optional(
          z.array(
            z.object({
              metricStat: z.optional(
                z.object({ metric: z.object({ dimensions: z.optional(z.record(z.string(), z.string())) }) }),
              ),
            }),
          ),
        ),
      }),
    ),
  }),
});
const Schedule = z.object({
  source: z.literal('schedule'),
  workflow: z.literal('storage-sweep'),
  slot: z.string().check(z.minLength(1)),
});
const Sweep = z.object({
  source: z.literal('sweep'),
  workflow: z.enum(['storage-scaling', 'host-inspection', 'retention-restore']),
  cluster: z.string(),
  subject: z.string(),
  slot: z.string(),
  reliefId: z.optional(z.string()),
});
const byWhom = { source: z.literal('operator'), requestId: z.string().check(z.minLength(1)), by: z.string() };
const Operator = z.discriminatedUnion('workflow', [
  z.object({
    ...byWhom,
    workflow: z.literal('storage-scaling'),
    /** `vol-…`, `msk/<cluster>` or the name of an MSK cluster. */
    subject: z.string().check(z.minLength(1)),
    request: z.object({ action: z.enum(['grow', 'grow-filesystem']), toGib: z.optional(z.int().check(z.positive())) }),
  }),
  z.object({
    ...byWhom,
    workflow: z.literal('retention-relief'),
    cluster: z.string(),
    /** Only these; absent: those that free most. */
    topics: z.optional(z.array(z.string().check(z.minLength(1))).check(z.minLength(1))),
  }),
  z.object({ ...byWhom, workflow: z.literal('retention-restore'), cluster: z.string() }),
]);
/** From the end of `storage-scaling`: growth is barred and the disk would be full first. */
const Relief = z.object({
  source: z.literal('relief'),
  cluster: z.string(),
  subject: z.string(),
  /** Of the operation that found it barred. */
  operationId: z.string().check(z.minLength(1)),
  barred: z.record(z.string(), z.unknown()),
});
/** From the one-time schedule that a relief armed before it began. */
const ReliefDeadline = z.object({
  source: z.literal('relief-deadline'),
  reliefId: z.string().check(z.minLength(1)),
  cluster: z.string(),
});
/**
 * MSK's own alerts at 60 % and 80 % [DG cluster-alerts], from MSK or from AWS Health. Their form is not documented
 * (aws-facts 1.5 [?]): nothing of it is relied on, and what can't be read starts the sweep.
 */
const Alert = z.looseObject({ source: z.enum(['aws.kafka', 'aws.health']) });
const Event = z.union([Alarm, Schedule, Sweep, Operator, Relief, ReliefDeadline, Alert]);
type Event = z.infer<typeof Event>;

/** One execution to start: what about, and what triggered it. */
interface Start {
  workflow: 'storage-scaling' | 'storage-sweep' | 'host-inspection' | 'retention-relief' | 'retention-restore';
  cluster: string;
  subject: string;
  /** Names the trigger for ever: the same one starts once. */
  key: string;
  trigger: Record<string, unknown>;
  request?: Record<string, unknown>;
  /** Which relief is to be given back. */
  reliefId?: string;
}

export type Started =
  | { started: 'new' | 'already'; operationId: string; executionArn: string; workflow: string }
  | { started: 'no'; because: string };

/**
 * The one way in. Rules, schedules, the sweep and operators all call this function; an execution's name is the hash of its
 * workflow, subject and trigger, so a transition that is delivered twice runs once.
 */
export const startWorkflow =
  ({ fleet, ledger, workflows }: Dependencies) =>
  async (event: unknown): Promise<Started> => {
    const parsed = z.safeParse(Event, event);
    if (!parsed.success) throw new DefectFault('InputInvalid', z.prettifyError(parsed.error));
    const start = await startOf(parsed.data, { fleet, ledger });
    if (typeof start === 'string') return { started: 'no', because: start };
    const name = createHash('sha256')
      .update(JSON.stringify([start.workflow, start.subject, start.key]))
      .digest('hex');
    const operationId = name.slice(0, 16);
    const { workflow, cluster, subject, trigger, request, reliefId } = start;
    const { started, executionArn } = await workflows.start({
      workflow,
      name,
      input: {
        operationId,
        cluster,
        subject,
        trigger,
        ...(request === undefined ? {} : { request }),
        ...(reliefId === undefined ? {} : { reliefId }),
      },
    });
    return { started, operationId, executionArn, workflow };
  };

async function startOf(
  event: Event,
  { fleet, ledger }: Pick<Dependencies, 'fleet' | 'ledger'>,
): Promise<Start | string> {
  switch (event.source) {
    case 'aws.cloudwatch':
      return ofAlarm(event, { fleet, ledger });
    case 'aws.kafka':
    case 'aws.health':
      return ofAlert(event, fleet);
    case 'schedule':
      return {
        workflow: event.workflow,
        cluster: '*',
        subject: 'fleet',
        key: `slot ${event.slot}`,
        trigger: { type: 'schedule', slot: event.slot },
      };
    case 'sweep':
      return ofSweep(event);
    case 'operator':
      if (event.workflow === 'storage-scaling') return ofOperator(event, { fleet, ledger });
      return event.workflow === 'retention-relief' ? ofReliefRequest(event, fleet) : ofRestoreRequest(event, ledger);
    case 'relief':
      return {
        workflow: 'retention-relief',
        cluster: event.cluster,
        subject: event.subject,
        key: `barred ${event.operationId}`,
        trigger: { ...event.barred, type: 'barred', operationId: event.operationId },
      };
    case 'relief-deadline':
      return {
        workflow: 'retention-restore',
        cluster: event.cluster,
        subject: topicsOf(event.cluster),
        key: `deadline ${event.reliefId}`,
        trigger: { type: 'deadline' },
        reliefId: event.reliefId,
      };
  }
}

/** The topics of a cluster, as the ledger names them. */
const topicsOf = (cluster: string): string => `topics/${cluster}`;

function ofSweep({ workflow, cluster, subject, slot, reliefId }: z.infer<typeof Sweep>): Start {
  return {
    workflow,
    cluster,
    subject,
    key: `sweep ${slot}`,
    trigger: { type: 'sweep', slot },
    ...(reliefId === undefined ? {} : { reliefId }),
  };
}

/**
 * An alarm names a metric's dimensions, not a volume: the ledger knows which volume a host has mounted there, the fleet
 * file which MSK cluster has that name. What they don't know (a broker that was never inspected, an alarm without these
 * dimensions) starts the sweep, which looks at all.
 */
async function ofAlarm(
  { resources, detail }: z.infer<typeof Alarm>,
  { fleet, ledger }: Pick<Dependencies, 'fleet' | 'ledger'>,
): Promise<Start | string> {
  if (detail.state.value !== 'ALARM') return `the alarm went to ${detail.state.value}`;
  const alarmArn = resources[0] ?? '';
  const dimensions = detail.alarmContributor?.attributes ?? dimensionsOf(detail.configuration?.metrics);
  const key = ['alarm', alarmArn, detail.alarmContributor?.id ?? '', detail.state.timestamp].join(' ');
  const trigger = { type: 'alarm', alarmArn, at: detail.state.timestamp, dimensions };
  const { InstanceId: instanceId, path, 'Cluster Name': clusterName } = dimensions;
  const msk = fleet.clusters.find((cluster) => cluster.kind === 'msk' && nameOf(cluster.clusterArn) === clusterName);
  if (msk !== undefined) return growthOfMsk(msk.name, key, trigger);
  const volume =
    instanceId === undefined || path === undefined ? undefined : await ledger.volumeAtMountPoint(instanceId, path);
  if (volume !== undefined && fleet.clusters.some(({ name }) => name === volume.cluster)) {
    return { workflow: 'storage-scaling', cluster: volume.cluster, subject: volume.volumeId, key, trigger };
  }
  return { workflow: 'storage-sweep', cluster: '*', subject: 'fleet', key, trigger };
}

function dimensionsOf(
  metrics: NonNullable<z.infer<typeof Alarm>['detail']['configuration']>['metrics'],
): Record<string, string> {
  return metrics?.find(({ metricStat }) => metricStat !== undefined)?.metricStat?.metric.dimensions ?? {};
}

/** `arn:aws:kafka:eu-central-1:111122223333:cluster/payments/6357e0b2-…-5`: CloudWatch knows clusters by that name. */
function nameOf(clusterArn: string): string {
  return clusterArn.split('/')[1] ?? '';
}

function growthOfMsk(name: string, key: string, trigger: Record<string, unknown>): Start {
  return { workflow: 'storage-scaling', cluster: name, subject: `msk/${name}`, key, trigger };
}

function ofAlert(event: z.infer<typeof Alert>, fleet: Fleet): Start | string {
  const { source, id, time, 'detail-type': detailType } = event;
  const detail = recordOf(event.detail);
  if (String(detailType).endsWith('via CloudTrail')) return 'a call of MSK’s API is no alert';
  if (source === 'aws.health' && detail.service !== 'KAFKA') return `Health tells of ${String(detail.service)}`;
  const entities = listOf(detail.affectedEntities).map((entity) => recordOf(entity).entityValue);
  const arns = new Set([...listOf(event.resources), ...entities]);
  const cluster = fleet.clusters.find((candidate) => candidate.kind === 'msk' && arns.has(candidate.clusterArn));
  // EventBridge delivers at least once, under the same id.
  const key = `alert ${String(id ?? time)}`;
  const trigger = { type: 'alert', source, detailType: String(detailType), at: String(time) };
  if (cluster !== undefined) return growthOfMsk(cluster.name, key, trigger);
  return { workflow: 'storage-sweep', cluster: '*', subject: 'fleet', key, trigger };
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

type GrowthRequest = Extract<z.infer<typeof Operator>, { workflow: 'storage-scaling' }>;

async function ofOperator(
  { workflow, requestId, by, subject, request: { action, toGib } }: GrowthRequest,
  { fleet, ledger }: Pick<Dependencies, 'fleet' | 'ledger'>,
): Promise<Start | string> {
  const start = {
    workflow,
    key: `operator ${requestId}`,
    trigger: { type: 'operator', requestId, by },
    request: { action, ...(toGib === undefined ? {} : { toGib }) },
  };
  // Only `msk/<cluster>` and names of MSK clusters: a volume's id is no cluster's name.
  const name = subject.startsWith('msk/') ? subject.slice('msk/'.length) : subject;
  const msk = fleet.clusters.find((cluster) => cluster.kind === 'msk' && cluster.name === name);
  if (msk !== undefined) return { ...start, cluster: msk.name, subject: `msk/${msk.name}` };
  if (!subject.startsWith('vol-')) return `the fleet has no MSK cluster ${name}`;
  for (const cluster of fleet.clusters) {
    if ((await ledger.volume(cluster.name, subject)) !== undefined) return { ...start, cluster: cluster.name, subject };
  }
  return `no cluster of the fleet is known to have ${subject}; the sweep finds new volumes within minutes`;
}

type ReliefRequest = Extract<z.infer<typeof Operator>, { workflow: 'retention-relief' }>;

function ofReliefRequest(
  { workflow, requestId, by, cluster: name, topics }: ReliefRequest,
  fleet: Fleet,
): Start | string {
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  if (cluster === undefined) return `the fleet has no cluster ${name}`;
  return {
    workflow,
    cluster: name,
    subject: cluster.kind === 'msk' ? `msk/${name}` : topicsOf(name),
    key: `operator ${requestId}`,
    trigger: { type: 'operator', requestId, by },
    ...(topics === undefined ? {} : { request: { topics } }),
  };
}

type RestoreRequest = Extract<z.infer<typeof Operator>, { workflow: 'retention-restore' }>;

/** A cluster that was taken out of the fleet file meanwhile is given back all the same. */
async function ofRestoreRequest(
  { workflow, requestId, by, cluster }: RestoreRequest,
  ledger: Ledger,
): Promise<Start | string> {
  const reliefId = (await ledger.clusterState(cluster)).relief?.reliefId;
  if (reliefId === undefined) return `no retention of ${cluster} is shortened`;
  return {
    workflow,
    cluster,
    subject: topicsOf(cluster),
    key: `operator ${requestId}`,
    trigger: { type: 'operator', requestId, by },
    reliefId,
  };
}
