/**
 * What is remembered of executions: all of them in short, histories of the running and of the last ones that ended. Of
 * the children of Distributed Maps, whose inputs are large, only the last ones that ended are remembered at all.
 * Step Functions forgets an execution, and frees its name, 90 days after it closed [SDK sfn StartExecutionInput.name].
 */
import type { Execution, HistoryEvent } from '../states-language/index.ts';

export type RecordStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionRecord {
  executionArn: string;
  name: string;
  /** The state machine's name; of a Distributed Map's child with the Map state's, `<machine>/<state>`. */
  workflow: string;
  /** Of a child: the machine's ARN with the Map Run's label. */
  stateMachineArn: string;
  /** Of a child of a Distributed Map: the Map Run, and the execution that it belongs to. */
  mapRunArn: string | undefined;
  parentArn: string | undefined;
  /** Express children are not billed by transition. */
  executionType: 'STANDARD' | 'EXPRESS';
  versionArn: string | undefined;
  aliasArn: string | undefined;
  /** JSON text as it was given. */
  input: string;
  status: RecordStatus;
  startedMs: number;
  stoppedMs: number | undefined;
  /** JSON text, with SUCCEEDED. */
  output: string | undefined;
  error: string | undefined;
  cause: string | undefined;
  statesEntered: number;
  retries: number;
  historyEvents: number;
  /** Name of the state entered last. */
  lastState: string | undefined;
  /** While it runs. */
  execution: Execution | undefined;
}

/** One workflow's executions in numbers. */
export interface WorkflowSummary {
  started: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  statesEntered: number;
  retries: number;
  historyEventsMax: number;
  longestMs: number;
}

const retentionMs = 90 * 24 * 3_600_000;
const historiesMax = 300;
const childrenMax = 300;

export class ExecutionRecords {
  readonly workflows = new Map<string, WorkflowSummary>();
  readonly #records = new Map<string, ExecutionRecord>();
  readonly #histories = new Map<string, readonly HistoryEvent[]>();
  readonly #closedChildren: string[] = [];

  /** Undefined where it never was, or is forgotten. */
  find(executionArn: string, nowMs: number): ExecutionRecord | undefined {
    const record = this.#records.get(executionArn);
    if (record?.stoppedMs === undefined || nowMs - record.stoppedMs <= retentionMs) return record;
    this.#records.delete(executionArn);
    this.#histories.delete(executionArn);
    return undefined;
  }

  all(): IterableIterator<ExecutionRecord> {
    return this.#records.values();
  }

  /** Undefined where only the counts were kept. */
  history(executionArn: string): readonly HistoryEvent[] | undefined {
    return this.#records.get(executionArn)?.execution?.history ?? this.#histories.get(executionArn);
  }

  opened(record: ExecutionRecord): void {
    this.#records.set(record.executionArn, record);
    const summary = this.summary(record.workflow);
    summary.started += 1;
    summary.running += 1;
  }

  closed(record: ExecutionRecord): void {
    const summary = this.summary(record.workflow);
    summary.running -= 1;
    if (record.status === 'SUCCEEDED') summary.succeeded += 1;
    else if (record.status === 'FAILED') summary.failed += 1;
    else if (record.status === 'TIMED_OUT') summary.timedOut += 1;
    else summary.aborted += 1;
    summary.statesEntered += record.statesEntered;
    summary.historyEventsMax = Math.max(summary.historyEventsMax, record.historyEvents);
    summary.longestMs = Math.max(summary.longestMs, (record.stoppedMs ?? record.startedMs) - record.startedMs);
    if (record.execution !== undefined) this.#histories.set(record.executionArn, record.execution.history);
    record.execution = undefined;
    const [oldest] = this.#histories.keys();
    if (this.#histories.size > historiesMax && oldest !== undefined) this.#histories.delete(oldest);
    if (record.mapRunArn !== undefined) this.#forgetChild(record.executionArn);
  }

  /** Makes room for this one. */
  #forgetChild(executionArn: string): void {
    this.#closedChildren.push(executionArn);
    if (this.#closedChildren.length <= childrenMax) return;
    const oldest = this.#closedChildren.shift() ?? '';
    this.#records.delete(oldest);
    this.#histories.delete(oldest);
  }

  summary(workflow: string): WorkflowSummary {
    let summary = this.workflows.get(workflow);
    if (summary === undefined) {
      summary = {
        started: 0,
        running: 0,
        succeeded: 0,
        failed: 0,
        timedOut: 0,
        aborted: 0,
        statesEntered: 0,
        retries: 0,
        historyEventsMax: 0,
        longestMs: 0,
      };
      this.workflows.set(workflow, summary);
    }
    return summary;
  }
}
