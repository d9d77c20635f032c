/** What a Distributed Map asks of the outside: its dataset, and an execution for each item or batch of items. */

import type { StateMachine } from './model.ts';

/** An ItemReader's Resource and its evaluated Arguments. */
export interface ItemReadRequest {
  readonly action: 'getObject' | 'listObjectsV2';
  /** `{ Bucket, Key }`, `{ Bucket, Prefix }`; a copy of its own. */
  readonly arguments: unknown;
  readonly stateName: string;
}

/**
 * Resolves with the object's text (getObject), or with a description of each object, all pages of them (listObjectsV2).
 * A TaskFailure fails the Map with States.ItemReaderFailed and its cause; any other error is a defect.
 */
export type ItemReaderHandler = (request: ItemReadRequest) => Promise<unknown>;

/** How a child execution ended. */
export interface ChildEnd {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
}

/** A child execution that is to be started, as an activity of its own. */
export interface ChildStart {
  readonly machine: StateMachine;
  readonly input: unknown;
  readonly name: string;
  readonly executionArn: string;
  /** The machine's ARN with the Map Run's label. */
  readonly stateMachineArn: string;
  readonly mapRunArn: string;
  readonly executionType: 'STANDARD' | 'EXPRESS';
  /** The Map state that started it. */
  readonly stateName: string;
  /** To be called once, at the instant that it ends. */
  readonly onEnd: (end: ChildEnd) => void;
}

export interface ChildExecution {
  /** Rejects for a defect only. */
  readonly result: Promise<unknown>;
  stop(): void;
}

export interface MapRunHost {
  /** Asked before a Map Run does anything. Throws a TaskFailure where the machine's role may not start children. */
  authorize?(mapRunArn: string): void;
  readItems: ItemReaderHandler;
  startChild(child: ChildStart): ChildExecution;
}
