/**
 * Task tokens: what `.waitForTaskToken` hands out and SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat answer.
 *
 * A token may be answered before its task parks (event before token); the answer is kept. A closed token answers
 * `TaskTimedOut`, one that was never given out `TaskDoesNotExist`.
 */

import { createHash } from 'node:crypto';
import { TokenFault } from './faults.ts';

export type TokenOutcome =
  | { kind: 'success'; output: unknown }
  | { kind: 'failure'; error: string | undefined; cause: string | undefined };

/** A token as its task holds it. */
export interface OpenToken {
  readonly token: string;
  /** The answer that came before anyone listened. */
  readonly outcome: TokenOutcome | undefined;
  /** Calls back once with the answer, and at each heartbeat. */
  listen(onOutcome: (outcome: TokenOutcome) => void, onHeartbeat: () => void): void;
  /** No answer is accepted any more. */
  close(): void;
}

interface Entry {
  outcome: TokenOutcome | undefined;
  onOutcome: ((outcome: TokenOutcome) => void) | undefined;
  onHeartbeat: (() => void) | undefined;
}

/** The tokens of one account: share one registry between the executions and whoever answers. */
export class TokenRegistry {
  private readonly open = new Map<string, Entry>();
  private readonly closed = new Set<string>();

  /** Gives out the token of one attempt. The same execution and event always give the same token. */
  issue(executionArn: string, eventId: number): OpenToken {
    const seed = `${executionArn}#${eventId}`;
    // Opaque and long as AWS's are, so that nobody parses them.
    const token = `AQC${['a', 'b', 'c'].map((salt) => createHash('sha512').update(salt).update(seed).digest('base64')).join('')}`;
    const entry: Entry = { outcome: undefined, onOutcome: undefined, onHeartbeat: undefined };
    this.open.set(token, entry);
    return {
      token,
      get outcome() {
        return entry.outcome;
      },
      listen(onOutcome, onHeartbeat) {
        entry.onOutcome = onOutcome;
        entry.onHeartbeat = onHeartbeat;
      },
      close: () => {
        this.open.delete(token);
        this.closed.add(token);
      },
    };
  }

  /**
   * Answers a waiting task with its result.
   *
   * @param output JSON text, as the API takes it. Throws `InvalidOutput` for anything else.
   */
  sendTaskSuccess(token: string, output: string): void {
    const entry = this.find(token);
    let value: unknown;
    try {
      value = JSON.parse(output);
    } catch {
      throw new TokenFault('InvalidOutput', `Invalid Output: 'JSON is not valid'`);
    }
    this.settle(token, entry, { kind: 'success', output: value });
  }

  /** Fails a waiting task. */
  sendTaskFailure(token: string, error?: string, cause?: string): void {
    this.settle(token, this.find(token), { kind: 'failure', error, cause });
  }

  /** Restarts the task's HeartbeatSeconds; its TimeoutSeconds goes on. */
  sendTaskHeartbeat(token: string): void {
    this.find(token).onHeartbeat?.();
  }

  private find(token: string): Entry {
    const entry = this.open.get(token);
    if (entry !== undefined) return entry;
    if (this.closed.has(token)) {
      throw new TokenFault('TaskTimedOut', `Task Timed Out: 'Provided task does not exist anymore'`);
    }
    throw new TokenFault('TaskDoesNotExist', `Task does not exist: '${token}'`);
  }

  private settle(token: string, entry: Entry, outcome: TokenOutcome): void {
    this.open.delete(token);
    this.closed.add(token);
    entry.outcome = outcome;
    entry.onOutcome?.(outcome);
  }
}
