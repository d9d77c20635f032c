/**
 * The event history of one execution, numbered as GetExecutionHistory numbers it. Details are kept as values, flat and
 * unserialised, so that tens of thousands of short executions stay cheap.
 */

/** AWS fails a Standard execution that would record more: the ExecutionFailed is the 25,000th [DG service-quotas]. */
export const historyEventsMax = 25_000;

export interface HistoryEvent {
  /** Counts from 1. */
  readonly id: number;
  /** The event before it on the same chain of states; 0 for ExecutionStarted and the first state's entry. */
  readonly previousEventId: number;
  readonly timestampMs: number;
  /** As in AWS: `TaskStateEntered`, `EvaluationFailed`, … */
  readonly type: string;
  /** What AWS nests under `…EventDetails`: name, input, output, assignedVariables, resource, error, cause, … */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Where in the history a chain of states is: the last event of the branch. */
export interface Chain {
  lastEventId: number;
}

/** A history that reports each event to `onEvent` and calls `onFull` instead of recording event 25,000. */
export class History {
  readonly events: HistoryEvent[] = [];
  private readonly nowMs: () => number;
  private readonly onEvent: ((event: HistoryEvent) => void) | undefined;
  private readonly onFull: () => never;

  constructor(nowMs: () => number, onFull: () => never, onEvent?: (event: HistoryEvent) => void) {
    this.nowMs = nowMs;
    this.onFull = onFull;
    this.onEvent = onEvent;
  }

  /** The id that the next event will have. */
  get nextEventId(): number {
    return this.events.length + 1;
  }

  /** Records an event and returns its id. Calls `onFull` when only the execution's last event still has room. */
  add(chain: Chain, type: string, details: Record<string, unknown> = {}): number {
    if (this.events.length >= historyEventsMax - 1) this.onFull();
    return this.record(chain.lastEventId, type, details, chain);
  }

  /** Records an event that the chain passes by: the next one points at the same event before it. */
  addAside(chain: Chain, type: string, details: Record<string, unknown> = {}): number {
    return this.add({ lastEventId: chain.lastEventId }, type, details);
  }

  /** Records the event that ends the execution; there is always room for it. */
  end(previousEventId: number, type: string, details: Record<string, unknown>): void {
    this.record(previousEventId, type, details);
  }

  private record(previousEventId: number, type: string, details: Record<string, unknown>, chain?: Chain): number {
    const id = this.events.length + 1;
    const event = { id, previousEventId, timestampMs: this.nowMs(), type, details };
    this.events.push(event);
    // The first state's entry points at 0 in AWS although ExecutionStarted comes before it.
    if (chain !== undefined) chain.lastEventId = type === 'ExecutionStarted' ? 0 : id;
    this.onEvent?.(event);
    return id;
  }
}
