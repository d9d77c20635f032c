/**
 * Step Functions: the template's state machines with their versions and aliases, executions by name, task tokens. What
 * a definition means is the interpreter's business (states-language/).
 */
import type { Random } from '../random.ts';
import {
  startExecution,
  TokenFault,
  TokenRegistry,
  type ChildStart,
  type Execution,
  type HistoryEvent,
  type StateMachine,
} from '../states-language/index.ts';
import type { SimulatedCloud } from './cloud.ts';
import { AwsError, type Authorization, type Call, type Service } from './service.ts';
import { ExecutionRecords, type ExecutionRecord, type RecordStatus } from './states-records.ts';
import { mapRunHost } from './states-map-runs.ts';
import { taskHandler, type ExecutionEnd } from './states-tasks.ts';

/** A state machine as the template declares it. */
export interface MachineDeclaration {
  arn: string;
  name: string;
  roleArn: string;
  machine: StateMachine;
  /** Version numbers and alias names, each to a version ARN. */
  qualifiers: ReadonlyMap<string, string>;
}

const inputBytesMax = 262_144; // aws-facts 7.1
const namePattern = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u; // SDK sfn, StartExecutionInput.name

const endings: Record<string, RecordStatus> = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
};

export interface StatesHooks {
  started?(record: ExecutionRecord): void;
  /** After each event of the history. */
  progressed?(record: ExecutionRecord): void;
  ended?(record: ExecutionRecord): void;
}

export class StatesService implements Service {
  readonly name = 'states';
  readonly records = new ExecutionRecords();
  readonly #cloud: SimulatedCloud;
  readonly #random: Random;
  readonly #tokens = new TokenRegistry();
  readonly #machines = new Map<string, MachineDeclaration>();
  /** Open task tokens, to the state machine that gave them out. */
  readonly #machineOfToken = new Map<string, string>();
  readonly #waiting = new Map<string, ((end: ExecutionEnd) => void)[]>();
  readonly #hooks: StatesHooks[] = [];

  constructor(cloud: SimulatedCloud) {
    this.#cloud = cloud;
    this.#random = cloud.random('states');
  }

  deploy(declaration: MachineDeclaration): void {
    this.#machines.set(declaration.arn, declaration);
  }

  observe(hooks: StatesHooks): void {
    this.#hooks.push(hooks);
  }

  machines(): MachineDeclaration[] {
    return [...this.#machines.values()];
  }

  /** The workflows in numbers, by state machine name. */
  get workflows(): ExecutionRecords['workflows'] {
    return this.records.workflows;
  }

  authorize({ operation, input }: Call): Authorization[] {
    const action = `states:${operation}`;
    // Versions and aliases are authorized on the state machine's own ARN [DG auth-version-alias].
    const onMachine = (arn: string): Authorization[] => {
      const qualifier = arn.split(':')[7];
      const context = qualifier === undefined ? {} : { 'states:StateMachineQualifier': qualifier };
      return [{ action, resources: [unqualified(arn)], context }];
    };
    if (operation === 'StartExecution' || operation === 'ListExecutions')
      return onMachine(String(input['stateMachineArn']));
    if (operation.startsWith('SendTask')) {
      // A token that is closed or unknown: whoever may answer any machine here may hear that.
      const [anyMachine = '*'] = this.#machines.keys();
      return onMachine(this.#machineOfToken.get(String(input['taskToken'])) ?? anyMachine);
    }
    return [{ action, resources: [String(input['executionArn'])], context: {} }];
  }

  handle({ operation, input }: Call): unknown {
    switch (operation) {
      case 'StartExecution':
        return this.#start(input);
      case 'DescribeExecution':
        return describe(this.#find(input['executionArn']));
      case 'StopExecution':
        return this.#stop(input);
      case 'ListExecutions':
        return this.#list(input);
      case 'SendTaskSuccess':
        return this.#answer(input, (token) => this.#tokens.sendTaskSuccess(token, String(input['output'])));
      case 'SendTaskFailure':
        return this.#answer(input, (token) =>
          this.#tokens.sendTaskFailure(
            token,
            input['error'] as string | undefined,
            input['cause'] as string | undefined,
          ),
        );
      case 'SendTaskHeartbeat':
        return this.#answer(input, (token) => this.#tokens.sendTaskHeartbeat(token));
      default:
        throw new Error(`the simulated Step Functions has no operation ${operation}`);
    }
  }

  /** Calls back when the execution ends; at once when it has ended. */
  onEnd(executionArn: string, callback: (end: ExecutionEnd) => void): void {
    const record = this.records.find(executionArn, this.#cloud.clock.nowMs());
    if (record === undefined || record.status !== 'RUNNING') {
      callback(record ?? { status: 'ABORTED' });
      return;
    }
    const callbacks = this.#waiting.get(executionArn) ?? [];
    callbacks.push(callback);
    this.#waiting.set(executionArn, callbacks);
  }

  #start(input: Record<string, unknown>): { executionArn: string; startDate: Date } {
    const { declaration, versionArn, aliasArn } = this.#resolve(String(input['stateMachineArn']));
    const name = input['name'] === undefined ? this.#cloud.uuid() : (input['name'] as string);
    if (!namePattern.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
    const text = input['input'] === undefined ? '{}' : (input['input'] as string);
    const value = parseInput(text);

    const executionArn = `${declaration.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const before = this.records.find(executionArn, this.#cloud.clock.nowMs());
    if (before !== undefined) {
      if (before.status === 'RUNNING' && before.input === text) {
        return { executionArn, startDate: new Date(before.startedMs) };
      }
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`);
    }
    const record = newRecord({
      executionArn,
      name,
      workflow: declaration.name,
      stateMachineArn: declaration.arn,
      versionArn,
      aliasArn,
      input: text,
      startedMs: this.#cloud.clock.nowMs(),
    });
    this.#run(record, declaration, { machine: declaration.machine, input: value });
    return { executionArn, startDate: new Date(record.startedMs) };
  }

  /** [?] Whether AWS announces a Distributed Map's children on the bus as it does other standard executions. */
  #startChild(parent: ExecutionRecord, declaration: MachineDeclaration, child: ChildStart): Execution {
    const { executionArn, name, stateMachineArn, mapRunArn, executionType, stateName, machine, input, onEnd } = child;
    const record = newRecord({
      executionArn,
      name,
      workflow: `${declaration.name}/${stateName}`,
      stateMachineArn,
      mapRunArn,
      parentArn: parent.executionArn,
      executionType,
      input: JSON.stringify(input),
      startedMs: this.#cloud.clock.nowMs(),
    });
    return this.#run(record, declaration, { machine, input, onEnd });
  }

  #run(
    record: ExecutionRecord,
    declaration: MachineDeclaration,
    { machine, input, onEnd }: Pick<ChildStart, 'machine' | 'input'> & Partial<Pick<ChildStart, 'onEnd'>>,
  ): Execution {
    const cloud = this.#cloud;
    const { roleArn, arn, name } = declaration;
    const { executionArn, stateMachineArn } = record;
    const principal = { roleArn, name };
    this.records.opened(record);
    const execution = startExecution(machine, {
      input,
      name: record.name,
      executionArn,
      stateMachineArn,
      roleArn,
      scheduler: cloud.clock,
      tokens: this.#tokens,
      random: this.#random.fork(executionArn),
      task: taskHandler({
        cloud,
        principal,
        executionArn,
        stateMachineArn,
        tokenIssued: (token) => this.#machineOfToken.set(token, arn),
        onEnd: (childArn, callback) => this.onEnd(childArn, callback),
      }),
      mapRuns: mapRunHost({
        cloud,
        principal,
        stateMachineArn: arn,
        startChild: (child) => this.#startChild(record, declaration, child),
      }),
      onEvent: (event) => this.#recordEvent(record, event),
      ...(onEnd === undefined ? {} : { onEnd }),
    });
    record.execution = execution;
    this.#countRetries(record, execution).catch((error: unknown) => cloud.clock.fail(error));
    this.#announce(record);
    for (const hooks of this.#hooks) hooks.started?.(record);
    return execution;
  }

  async #countRetries(record: ExecutionRecord, execution: Execution): Promise<void> {
    const { retries } = await execution.result;
    record.retries = retries;
    this.records.summary(record.workflow).retries += retries;
  }

  #recordEvent(record: ExecutionRecord, event: HistoryEvent): void {
    record.historyEvents = event.id;
    if (event.type.endsWith('StateEntered')) {
      record.statesEntered += 1;
      record.lastState = String(event.details['name']);
    }
    for (const hooks of this.#hooks) hooks.progressed?.(record);
    const status = endings[event.type];
    if (status === undefined) return;
    const { output, error, cause } = event.details;
    record.status = status;
    record.stoppedMs = event.timestampMs;
    if (status === 'SUCCEEDED') record.output = JSON.stringify(output) ?? 'null';
    else if (status !== 'TIMED_OUT') {
      if (typeof error === 'string') record.error = error;
      if (typeof cause === 'string') record.cause = cause;
    }
    this.records.closed(record);
    this.#announce(record);
    for (const callback of this.#waiting.get(record.executionArn) ?? []) callback(record);
    this.#waiting.delete(record.executionArn);
    for (const hooks of this.#hooks) hooks.ended?.(record);
  }

  /**
   * [DG eventbridge-integration: "Step Functions Execution Status Change"]; dates are epoch milliseconds. Express
   * executions are not announced (same page).
   */
  #announce(record: ExecutionRecord): void {
    if (record.executionType === 'EXPRESS') return;
    const { executionArn, stateMachineArn, name, status, startedMs, stoppedMs, input, output, error, cause } = record;
    this.#cloud.publish({
      'detail-type': 'Step Functions Execution Status Change',
      source: 'aws.states',
      resources: [executionArn],
      detail: {
        executionArn,
        stateMachineArn,
        name,
        status,
        startDate: startedMs,
        stopDate: stoppedMs ?? null,
        input,
        output: output ?? null,
        inputDetails: { included: true },
        outputDetails: output === undefined ? null : { included: true },
        stateMachineVersionArn: record.versionArn ?? null,
        stateMachineAliasArn: record.aliasArn ?? null,
        error: error ?? null,
        cause: cause ?? null,
      },
    });
  }

  #stop(input: Record<string, unknown>): { stopDate: Date } {
    const record = this.#find(input['executionArn']);
    record.execution?.stop(input['error'] as string | undefined, input['cause'] as string | undefined);
    return { stopDate: new Date(record.stoppedMs ?? this.#cloud.clock.nowMs()) };
  }

  #list(input: Record<string, unknown>): unknown {
    const { declaration } = this.#resolve(String(input['stateMachineArn']));
    const limit = Number(input['maxResults'] ?? 100) || 100;
    const from = Number(input['nextToken'] ?? 0);
    const records = [...this.records.all()]
      .filter(({ stateMachineArn }) => stateMachineArn === declaration.arn)
      .filter(({ status }) => input['statusFilter'] === undefined || input['statusFilter'] === status)
      .toReversed();
    const executions = records.slice(from, from + limit).map(describe);
    return { executions, ...(records.length > from + limit ? { nextToken: String(from + limit) } : {}) };
  }

  #answer(input: Record<string, unknown>, answer: (token: string) => void): Record<string, never> {
    const token = String(input['taskToken']);
    try {
      answer(token);
    } catch (error) {
      if (error instanceof TokenFault) throw new AwsError(error.name, error.message);
      throw error;
    }
    return {};
  }

  #find(executionArn: unknown): ExecutionRecord {
    const record = this.records.find(String(executionArn), this.#cloud.clock.nowMs());
    if (record !== undefined) return record;
    throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${String(executionArn)}'`);
  }

  #resolve(arn: string): {
    declaration: MachineDeclaration;
    versionArn: string | undefined;
    aliasArn: string | undefined;
  } {
    const declaration = this.#machines.get(unqualified(arn));
    const qualifier = arn.split(':')[7];
    const versionArn = qualifier === undefined ? undefined : declaration?.qualifiers.get(qualifier);
    if (declaration === undefined || (qualifier !== undefined && versionArn === undefined)) {
      throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    }
    return { declaration, versionArn, aliasArn: versionArn === arn ? undefined : qualifier && arn };
  }
}

type Begun = Pick<ExecutionRecord, 'executionArn' | 'name' | 'workflow' | 'stateMachineArn' | 'input' | 'startedMs'>;

function newRecord(begun: Begun & Partial<ExecutionRecord>): ExecutionRecord {
  return {
    versionArn: undefined,
    aliasArn: undefined,
    mapRunArn: undefined,
    parentArn: undefined,
    executionType: 'STANDARD',
    status: 'RUNNING',
    stoppedMs: undefined,
    output: undefined,
    error: undefined,
    cause: undefined,
    statesEntered: 0,
    retries: 0,
    historyEvents: 0,
    lastState: undefined,
    execution: undefined,
    ...begun,
  };
}

function unqualified(arn: string): string {
  return arn.split(':').slice(0, 7).join(':');
}

function parseInput(text: string): unknown {
  if (Buffer.byteLength(text) > inputBytesMax) {
    throw new AwsError(
      'InvalidExecutionInput',
      `Invalid Execution Input: 'Input exceeds the maximum size of ${inputBytesMax} bytes'`,
    );
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: 'JSON is not valid'`);
  }
}

function describe(record: ExecutionRecord): Record<string, unknown> {
  const { executionArn, stateMachineArn, name, status, startedMs, stoppedMs, input, output, error, cause } = record;
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate: new Date(startedMs),
    input,
    ...(stoppedMs === undefined ? {} : { stopDate: new Date(stoppedMs) }),
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
    ...(record.mapRunArn === undefined ? {} : { mapRunArn: record.mapRunArn }),
    ...(record.versionArn === undefined ? {} : { stateMachineVersionArn: record.versionArn }),
    ...(record.aliasArn === undefined ? {} : { stateMachineAliasArn: record.aliasArn }),
  };
}
