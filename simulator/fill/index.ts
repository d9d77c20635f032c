/** What fills the simulated brokers' volumes. */
export { reliefMs, type FillModel } from './fill-model.ts';
export { fillModel, type SyntheticFill } from './synthetic-fill.ts';
export { traceFill } from './trace-fill.ts';
