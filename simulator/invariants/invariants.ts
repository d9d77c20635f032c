/**
 * The invariants: what must hold at every instant of every run, whatever happens to the world. They read the world beside
 * the product, never through its code.
 */
import { caps } from './caps.ts';
import { changes } from './changes.ts';
import type { Checker, InvariantWorld, Violation } from './checker.ts';
import { coolDown } from './cool-down.ts';
import { executions, type ExecutionLimits } from './executions.ts';
import { intents } from './intents.ts';
import { quiet } from './quiet.ts';
import { relief } from './relief.ts';
import { waits } from './waits.ts';

/** A run that breaks everything shall not fill the memory. */
const violationsMax = 1_000;

export class Invariants {
  readonly violations: Violation[] = [];
  /** How many were found, also beyond those that are kept. */
  found = 0;
  readonly #checkers: readonly Checker[];

  constructor(world: InvariantWorld, options: { limits?: ExecutionLimits } = {}) {
    const report = (invariant: string, subject: string, detail: string): void => {
      this.found += 1;
      if (this.violations.length < violationsMax) {
        this.violations.push({ invariant, atMs: world.nowMs(), subject, detail });
      }
    };
    this.#checkers = [
      changes(world, report),
      caps(world, report),
      coolDown(world, report),
      quiet(world, report),
      relief(world, report),
      intents(world, report),
      waits(world, report),
      executions(world, report, options.limits),
    ];
  }

  /** Tells every invariant, e.g. `tell('accepted', mutation)`. */
  tell<K extends keyof Checker>(what: K, ...heard: Parameters<NonNullable<Checker[K]>>): void {
    for (const checker of this.#checkers) {
      const listener = checker[what] as ((...given: typeof heard) => void) | undefined;
      listener?.apply(checker, heard);
    }
  }
}
