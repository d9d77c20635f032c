/** How a verb ends: what it prints and with which exit code. */
import type { FleetProblem } from '../functions/fleet/parse.ts';
import { renderProblem } from '../functions/fleet/parse.ts';
import { RefusedFault } from '../functions/runtime/fault.ts';

export const EXIT = { ok: 0, failure: 1, wrongInput: 2, refused: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** `json` is the one document that `--json` prints, `text` what people read; both say the same. */
export interface Outcome {
  json: Record<string, unknown>;
  text: string;
  exitCode?: ExitCode;
}

/** The input is wrong: a fleet file, an id, an option. Nothing was done. */
export class WrongInput extends Error {
  readonly problems: FleetProblem[];

  constructor(message: string, problems: FleetProblem[] = []) {
    super(problems.length === 0 ? message : problems.map(renderProblem).join('\n'));
    this.name = 'WrongInput';
    this.problems = problems;
  }
}

/** What was asked for may not be done. Nothing was changed. */
export class Refused extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = 'Refused';
    this.reason = reason;
  }
}

/** Faults of functions that refuse: a deployed function gives only its fault's name. */
const REFUSALS = new Set([
  'AccessDenied',
  'UnknownCluster',
  'VolumeNotFound',
  'UnsupportedVolume',
  'VolumeQuotaExceeded',
  'ClusterNotFound',
  'TopicNotFound',
  'UnknownRefusal',
  'NoWayToTopics',
]);

export function failed(error: unknown): Outcome & { exitCode: ExitCode } {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof WrongInput) {
    const problems = error.problems.length === 0 ? {} : { problems: error.problems };
    return { json: { error: { name, message, ...problems } }, text: message, exitCode: EXIT.wrongInput };
  }
  if (error instanceof Refused) {
    const text = `Refused (${error.reason}): ${message}`;
    return { json: { error: { name, reason: error.reason, message } }, text, exitCode: EXIT.refused };
  }
  const refused = error instanceof RefusedFault || REFUSALS.has(name);
  const text = refused ? `Refused (${name}): ${message}` : `Failed (${name}): ${message}`;
  return { json: { error: { name, message } }, text, exitCode: refused ? EXIT.refused : EXIT.failure };
}
