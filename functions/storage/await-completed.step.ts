import { awaitGrowth, type GrowthWaiters } from './await-growth.ts';
import { completedResource } from './waiting.ts';

/**
 * State `AwaitCompleted` (task token): only after `completed` may the volume be modified again, so its lease lasts until
 * then (S2, S3). Run twice: as `AwaitUsable`.
 */
export const awaitCompleted = (dependencies: GrowthWaiters) => awaitGrowth(dependencies, completedResource);
