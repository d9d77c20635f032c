/** Recorded traces as the input of a storage run. */
export { arrivalIntegral, retained, scaleToFill, type Arrivals } from './arrivals.ts';
export { readTraces } from './read-traces.ts';
export { InvalidTrace, parseTrace, type Trace } from './trace.ts';
