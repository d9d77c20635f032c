import { awaitGrowth, type GrowthWaiters } from './await-growth.ts';
import { usableResource } from './waiting.ts';

/**
 * State `AwaitUsable` (task token): answered from `optimizing` on, when the space can be used (S3). Run twice (a missed
 * heartbeat): the new token replaces the old one and the world is read again; that is the slow poll.
 */
export const awaitUsable = (dependencies: GrowthWaiters) => awaitGrowth(dependencies, usableResource);
