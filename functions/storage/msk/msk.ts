/** Amazon MSK Provisioned with Standard brokers: all brokers' volumes are equal and grow together. */
import type { MskCluster } from '../../fleet/fleet.ts';
import type { MskStorageFacts } from '../facts.ts';
import type { StorageKind } from '../kind.ts';
import { change, mayChange } from './change.ts';
import { capacityLeftOfMsk, decideMskGrowth } from './decide.ts';
import { heaviest } from './heaviest.ts';
import { action, facts, list, look, type SeenCluster } from './look.ts';
import { newestChange } from './operations.ts';
import { progress } from './progress.ts';
import { verify } from './verify.ts';

export const msk: StorageKind<MskCluster, MskStorageFacts, SeenCluster> = {
  action,
  hasFilesystem: false,
  hasEvents: false,
  list,
  facts,
  look,
  decide: decideMskGrowth,
  left: capacityLeftOfMsk,
  mayChange,
  reservationOf: ({ volumes }, { fromGib, targetGib }) => ({ fromGib: fromGib * volumes, toGib: targetGib * volumes }),
  change,
  newestChange,
  progress,
  verify,
  heaviest,
};
