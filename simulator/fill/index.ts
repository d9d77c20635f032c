/** What fills the simulated brokers' volumes. */
export { reliefMs, type FillModel } from './fill-model.ts';
export { withSurges, type SurgingFill } from './surges.ts';
export { fillModel, type SyntheticFill } from './synthetic-fill.ts';
export { traceFill } from './trace-fill.ts';
