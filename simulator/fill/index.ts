/** What fills the simulated brokers' volumes. */
export { reliefMs, type FillModel } from './fill-model.ts';
export {
  defaultTopics,
  fillModel,
  type SyntheticFill,
  type SyntheticTopic,
  type SyntheticVolume,
} from './synthetic-fill.ts';
export { traceFill, type TraceFill, type TraceVolume } from './trace-fill.ts';
