/** What must hold at every instant of every run: see `invariants.ts`. */
export type {
  Checker,
  ExecutionView,
  InvariantWorld,
  ModificationView,
  Mutation,
  Violation,
  VolumeView,
} from './checker.ts';
export { Invariants } from './invariants.ts';
export { watch, type Watched, type WatchOptions } from './watch.ts';
