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
  workflow: z.enum(['storage-scaling', 'host-inspection']),
  cluster: z.string(),
  subject: z.string(),
  slot: z.string(),
});
const Operator = z.object({
  source: z.literal('operator'),
  workflow: z.literal('storage-scaling'),
  requestId: z.string().check(z.minLength(1)),
  by: z.string(),
  subject: z.string().check(z.startsWith('vol-')),
  request: z.object({ action: z.enum(['grow', 'grow-filesystem']), toGib: z.optional(z.int().check(z.positive())) }),
});
const Event = z.discriminatedUnion('source', [Alarm, Schedule, Sweep, Operator]);
type Event = z.infer<typeof Event>;

/** One execution to start: what about, and what triggered it. */
interface Start {
  workflow: 'storage-scaling' | 'storage-sweep' | 'host-inspection';
  cluster: string;
  subject: string;
  /** Names the trigger for ever: the same one starts once. */
  key: string;
  trigger: Record<string, unknown>;
  request?: Record<string, unknown>;
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
    const { workflow, cluster, subject, trigger, request } = start;
    const { started, executionArn } = await workflows.start({
      workflow,
      name,
      input: { operationId, cluster, subject, trigger, ...(request === undefined ? {} : { request }) },
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
    case 'schedule':
      return {
        workflow: event.workflow,
        cluster: '*',
        subject: 'fleet',
        key: `slot ${event.slot}`,
        trigger: { type: 'schedule', slot: event.slot },
      };
    case 'sweep':
      return {
        workflow: event.workflow,
        cluster: event.cluster,
        subject: event.subject,
        key: `sweep ${event.slot}`,
        trigger: { type: 'sweep', slot: event.slot },
      };
    case 'operator':
      return ofOperator(event, { fleet, ledger });
  }
}

/**
 * An alarm names a metric's dimensions, not a volume: the ledger knows which volume a host has mounted there. What it
 * doesn't know (a broker that was never inspected, an alarm without these dimensions) starts the sweep, which looks at all.
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
  const { InstanceId: instanceId, path } = dimensions;
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

async function ofOperator(
  { workflow, requestId, by, subject, request }: z.infer<typeof Operator>,
  { fleet, ledger }: Pick<Dependencies, 'fleet' | 'ledger'>,
): Promise<Start | string> {
  for (const { name } of fleet.clusters) {
    if ((await ledger.volume(name, subject)) === undefined) continue;
    const { toGib } = request;
    return {
      workflow,
      cluster: name,
      subject,
      key: `operator ${requestId}`,
      trigger: { type: 'operator', requestId, by },
      request: { action: request.action, ...(toGib === undefined ? {} : { toGib }) },
    };
  }
  return `no cluster of the fleet is known to have ${subject}; the sweep finds new volumes within minutes`;
}
