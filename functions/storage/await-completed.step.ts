import type { Clock } from '../runtime/clock.ts';
import { awaitGrowth } from './await-growth.ts';
import { completedResource, type Waiters } from './waiting.ts';

/**
 * State `AwaitCompleted` (task token): only after `completed` may the volume be modified again, so its lease lasts until
 * then (S2, S3). Run twice: as `AwaitUsable`.
 */
export const awaitCompleted = (dependencies: Waiters & { clock: Clock }) =>
  awaitGrowth(dependencies, completedResource);
