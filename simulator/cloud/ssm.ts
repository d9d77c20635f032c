/**
 * Simulated Systems Manager, Run Command only: registered documents, commands to instances, what comes of them. Statuses
 * and their details: GetCommandInvocationResult of client-ssm 3.1169; aws-facts 2.3.
 */
import type { SimulatedCloud } from './cloud.ts';
import type { SimulatedEc2 } from './ec2.ts';
import { hostScripts, type HostScript, type ScriptResult } from './host-scripts.ts';
import type { SimulatedHosts } from './host.ts';
import { AwsError, type Authorization, type Call, type Service } from './service.ts';

const second = 1_000;
/** SDK ssm SendCommandRequest: InstanceIds, TimeoutSeconds, Comment. */
const instancesMax = 50;
const deliverySeconds = { min: 30, max: 2_592_000, default: 3_600 };
const commentMax = 100;
/** aws-facts 2.3. */
const stdoutMax = 24_000;
const stderrMax = 8_000;

interface DocumentContent {
  parameters?: Record<string, { type: string; allowedPattern?: string; allowedValues?: string[]; default?: unknown }>;
  mainSteps?: { name: string; inputs?: { timeoutSeconds?: string | number } }[];
}

interface Document {
  name: string;
  content: DocumentContent;
  behave: HostScript;
}

interface Invocation {
  commandId: string;
  instanceId: string;
  document: Document;
  parameters: Record<string, string>;
  comment: string;
  requestedAtMs: number;
  /** Until then GetCommandInvocation does not know it. */
  visibleAtMs: number;
  status: 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut';
  statusDetails: string;
  responseCode: number;
  startedAtMs?: number;
  endedAtMs?: number;
  stdout: string;
  stderr: string;
}

/** Switches for both readings of what is not documented or seldom. */
export interface SsmSwitches {
  /** How a command ends that never reached its agent: `GetCommandInvocationResult` lists both [?]. */
  undelivered: 'Delivery Timed Out' | 'Undeliverable';
  /** How long GetCommandInvocation does not know a command that was just sent, ms. */
  invisibleMs: () => number;
  deliveryMs: () => number;
}

export class SimulatedSsm implements Service {
  readonly name = 'ssm';
  readonly switches: SsmSwitches;
  readonly #cloud: SimulatedCloud;
  readonly #ec2: SimulatedEc2;
  readonly #scripts: Record<string, HostScript>;
  readonly #documents = new Map<string, Document>();
  readonly #invocations = new Map<string, Invocation>();
  readonly #agentsDown = new Set<string>();
  /** Waiting for an agent to come back. */
  readonly #undelivered = new Map<string, Set<Invocation>>();

  constructor(cloud: SimulatedCloud, ec2: SimulatedEc2, hosts: SimulatedHosts) {
    this.#cloud = cloud;
    this.#ec2 = ec2;
    this.#scripts = hostScripts(cloud.clock, hosts, cloud.random('ssm/scripts'));
    const random = cloud.random('ssm');
    this.switches = {
      undelivered: 'Delivery Timed Out',
      invisibleMs: () => random.integer(50, 1_000),
      deliveryMs: () => random.integer(500, 3_000),
    };
  }

  // The world

  /**
   * @param content of an AWS::SSM::Document, as JSON text or as an object
   * @param behave what it does on a host; by default told from its step's name: `inspectVolume` or `growFilesystem`
   */
  registerDocument(name: string, content: string | object, behave?: HostScript): void {
    const parsed = (typeof content === 'string' ? JSON.parse(content) : content) as DocumentContent;
    const script = behave ?? this.#scripts[parsed.mainSteps?.[0]?.name ?? ''];
    if (script === undefined) throw new Error(`the simulated hosts don't know what the document ${name} does`);
    this.#documents.set(name, { name, content: parsed, behave: script });
  }

  /** An agent that is down gets nothing; what was sent within its delivery time is delivered when it is back. */
  setAgent(instanceId: string, state: 'up' | 'down'): void {
    if (state === 'down') {
      this.#agentsDown.add(instanceId);
      return;
    }
    this.#agentsDown.delete(instanceId);
    const waiting = [...(this.#undelivered.get(instanceId) ?? [])];
    this.#undelivered.delete(instanceId);
    for (const invocation of waiting) this.#deliver(invocation);
  }

  // The API

  authorize({ operation, input }: Call): Authorization[] {
    const { region, account } = this.#cloud;
    const action = `ssm:${operation}`;
    // GetCommandInvocation knows no resources (service authorization reference, AWS Systems Manager).
    if (operation !== 'SendCommand') return [{ action, resources: ['*'], context: {} }];
    // SendCommand needs the document and every instance.
    const document = {
      action,
      resources: [`arn:aws:ssm:${region}:${account}:document/${String(input['DocumentName'])}`],
    };
    const instances = ((input['InstanceIds'] ?? []) as string[]).map((instanceId) => {
      const tags = this.#ec2.instances().find((one) => one.instanceId === instanceId)?.tags ?? {};
      const context: Record<string, string> = {};
      for (const [key, value] of Object.entries(tags)) {
        context[`ssm:resourceTag/${key}`] = value;
        context[`aws:ResourceTag/${key}`] = value;
      }
      return { action, resources: [`arn:aws:ec2:${region}:${account}:instance/${instanceId}`], context };
    });
    return [{ ...document, context: {} }, ...instances];
  }

  handle({ operation, input }: Call): unknown {
    if (operation === 'SendCommand') return this.#send(input);
    if (operation === 'GetCommandInvocation') return this.#get(input);
    throw new Error(`the simulated SSM does not know ${operation}`);
  }

  #send(input: Record<string, unknown>): unknown {
    const document = this.#documents.get(input['DocumentName'] as string);
    if (document === undefined) throw new AwsError('InvalidDocument', 'Document with name is not available.');
    const instanceIds = (input['InstanceIds'] ?? []) as string[];
    if (instanceIds.length === 0 || instanceIds.length > instancesMax) {
      throw new AwsError(
        'ValidationException',
        `instanceIds: expected 1 to ${instancesMax}, got ${instanceIds.length}`,
      );
    }
    const timeoutSeconds = (input['TimeoutSeconds'] ?? deliverySeconds.default) as number;
    if (timeoutSeconds < deliverySeconds.min || timeoutSeconds > deliverySeconds.max) {
      throw new AwsError('ValidationException', `timeoutSeconds: expected ${deliverySeconds.min} or more`);
    }
    const comment = (input['Comment'] ?? '') as string;
    if (comment.length > commentMax) throw new AwsError('ValidationException', `comment: at most ${commentMax}`);
    const parameters = checkParameters(document, (input['Parameters'] ?? {}) as Record<string, string[]>);
    const unreachable = instanceIds.filter(
      (id) => this.#ec2.instances().find(({ instanceId }) => instanceId === id)?.state !== 'running',
    );
    if (unreachable.length > 0) {
      throw new AwsError(
        'InvalidInstanceId',
        `Instances [[${unreachable.join(', ')}]] not in a valid state for account ${this.#cloud.account}`,
      );
    }

    const nowMs = this.#cloud.clock.nowMs();
    const commandId = this.#cloud.uuid();
    for (const instanceId of instanceIds) {
      const invocation: Invocation = {
        commandId,
        instanceId,
        document,
        parameters,
        comment,
        requestedAtMs: nowMs,
        visibleAtMs: nowMs + this.switches.invisibleMs(),
        status: 'Pending',
        statusDetails: 'Pending',
        responseCode: -1,
        stdout: '',
        stderr: '',
      };
      this.#invocations.set(`${commandId}/${instanceId}`, invocation);
      this.#cloud.clock.after(this.switches.deliveryMs(), () => this.#deliver(invocation));
      this.#cloud.clock.after(timeoutSeconds * second, () => this.#giveUp(invocation));
    }
    return {
      Command: {
        CommandId: commandId,
        DocumentName: document.name,
        Comment: comment,
        InstanceIds: instanceIds,
        RequestedDateTime: new Date(nowMs),
        Status: 'Pending',
        StatusDetails: 'Pending',
        TimeoutSeconds: timeoutSeconds,
      },
    };
  }

  #deliver(invocation: Invocation): void {
    if (invocation.status !== 'Pending') return;
    const { instanceId } = invocation;
    if (this.#agentsDown.has(instanceId) || this.#ec2.instance(instanceId).state !== 'running') {
      const waiting = this.#undelivered.get(instanceId) ?? new Set();
      this.#undelivered.set(instanceId, waiting.add(invocation));
      return;
    }
    const { clock } = this.#cloud;
    invocation.startedAtMs = clock.nowMs();
    this.#change(invocation, 'InProgress', 'InProgress');
    const cancel = clock.after(executionTimeoutMs(invocation), () => {
      invocation.responseCode = 137;
      this.#end(invocation, 'TimedOut', 'Execution Timed Out');
    });
    clock
      .spawn(async () => {
        const result = await invocation.document.behave(instanceId, invocation.parameters);
        cancel();
        this.#finish(invocation, result);
      })
      .catch((error: unknown) => clock.fail(error));
  }

  #finish(invocation: Invocation, { stdout, stderr, exitCode }: ScriptResult): void {
    // Killed by the time-out, or the instance is gone: nobody reports.
    if (invocation.status !== 'InProgress' || this.#ec2.instance(invocation.instanceId).state !== 'running') return;
    invocation.stdout = stdout.slice(0, stdoutMax);
    invocation.stderr = stderr.slice(0, stderrMax);
    invocation.responseCode = exitCode;
    if (exitCode === 0) this.#end(invocation, 'Success', 'Success');
    else this.#end(invocation, 'Failed', 'Failed');
  }

  #giveUp(invocation: Invocation): void {
    if (invocation.status !== 'Pending') return;
    this.#undelivered.get(invocation.instanceId)?.delete(invocation);
    const details = this.switches.undelivered;
    this.#end(invocation, details === 'Undeliverable' ? 'Failed' : 'TimedOut', details);
  }

  #end(invocation: Invocation, status: Invocation['status'], details: string): void {
    if (invocation.endedAtMs !== undefined) return;
    invocation.endedAtMs = this.#cloud.clock.nowMs();
    this.#change(invocation, status, details);
  }

  /** Shape: SSM guide, "Amazon EventBridge event examples for Systems Manager" (EventTypes: Run Command). */
  #change(invocation: Invocation, status: Invocation['status'], details: string): void {
    invocation.status = status;
    invocation.statusDetails = details;
    const { region, account } = this.#cloud;
    this.#cloud.publish({
      source: 'aws.ssm',
      'detail-type': 'EC2 Command Invocation Status-change Notification',
      resources: [`arn:aws:ec2:${region}:${account}:instance/${invocation.instanceId}`],
      detail: {
        'command-id': invocation.commandId,
        'document-name': invocation.document.name,
        'instance-id': invocation.instanceId,
        'requested-date-time': new Date(invocation.requestedAtMs).toISOString(),
        status,
      },
    });
  }

  #get(input: Record<string, unknown>): unknown {
    const key = `${input['CommandId'] as string}/${input['InstanceId'] as string}`;
    const invocation = this.#invocations.get(key);
    const nowMs = this.#cloud.clock.nowMs();
    if (invocation === undefined || nowMs < invocation.visibleAtMs) {
      throw new AwsError('InvocationDoesNotExist', 'UnknownError');
    }
    const { startedAtMs, endedAtMs } = invocation;
    return {
      CommandId: invocation.commandId,
      InstanceId: invocation.instanceId,
      Comment: invocation.comment,
      DocumentName: invocation.document.name,
      DocumentVersion: '1',
      ResponseCode: invocation.responseCode,
      ExecutionStartDateTime: startedAtMs === undefined ? '' : new Date(startedAtMs).toISOString(),
      ExecutionEndDateTime: endedAtMs === undefined ? '' : new Date(endedAtMs).toISOString(),
      Status: invocation.status,
      StatusDetails: invocation.statusDetails,
      StandardOutputContent: invocation.stdout,
      StandardErrorContent: invocation.stderr,
    };
  }
}

/** @throws AwsError InvalidParameters, as SendCommand refuses what its document doesn't admit */
function checkParameters(document: Document, given: Record<string, string[]>): Record<string, string> {
  const declared = document.content.parameters ?? {};
  for (const name of Object.keys(given)) {
    if (!(name in declared)) throw new AwsError('InvalidParameters', `Parameter "${name}" is not declared.`);
  }
  const values: Record<string, string> = {};
  for (const [name, parameter] of Object.entries(declared)) {
    const value = given[name]?.[0] ?? parameter.default;
    if (typeof value !== 'string') throw new AwsError('InvalidParameters', `Parameter "${name}" has no value.`);
    if ((given[name]?.length ?? 1) !== 1)
      throw new AwsError('InvalidParameters', `Parameter "${name}" takes one value.`);
    const pattern = parameter.allowedPattern;
    if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(value)) {
      throw new AwsError('InvalidParameters', `Parameter "${name}" does not match ${pattern}.`);
    }
    if (parameter.allowedValues !== undefined && !parameter.allowedValues.includes(value)) {
      throw new AwsError('InvalidParameters', `Parameter "${name}" is none of its allowedValues.`);
    }
    values[name] = value;
  }
  return values;
}

/** aws:runShellScript's `timeoutSeconds`, 3,600 by default; it may name a parameter. */
function executionTimeoutMs({ document, parameters }: Invocation): number {
  const declared = String(document.content.mainSteps?.[0]?.inputs?.timeoutSeconds ?? 3_600);
  const name = /^\{\{\s*(\w+)\s*\}\}$/.exec(declared)?.[1];
  return Number(name === undefined ? declared : parameters[name]) * second;
}
