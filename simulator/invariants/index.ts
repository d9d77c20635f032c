/** What must hold at every instant of every run: see `invariants.ts`. */
export type { ExecutionView, InvariantWorld, ModificationView, Mutation } from './checker.ts';
export { Invariants } from './invariants.ts';
export { watch, type Watched } from './watch.ts';
