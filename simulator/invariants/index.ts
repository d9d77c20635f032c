/** What must hold at every instant of every run: see `invariants.ts`. */
export type { ExecutionView, InvariantWorld, ModificationView, Mutation } from './checker.ts';
export { Invariants } from './invariants.ts';
export { watch } from './watch.ts';
export type { Watched } from './watched.ts';
