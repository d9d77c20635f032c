/** Brokers on EC2 with EBS data volumes. */
import type { Ec2Cluster } from '../../fleet/fleet.ts';
import type { EbsVolumeFacts } from '../facts.ts';
import type { StorageKind } from '../kind.ts';
import { capacityLeft } from './caps.ts';
import { change, mayChange, newestChange } from './change.ts';
import { decideGrowth, usdPerGibMonth } from './decide.ts';
import { list } from './list.ts';
import { facts, look, type SeenBroker } from './look.ts';
import { growthPace } from './pace.ts';
import { progress } from './progress.ts';
import { verify } from './verify.ts';

export const ec2: StorageKind<Ec2Cluster, EbsVolumeFacts, SeenBroker> = {
  action: 'ec2:ModifyVolume',
  hasFilesystem: true,
  hasEvents: true,
  pace: growthPace,
  list,
  facts,
  look,
  decide: decideGrowth,
  left: ({ prices, ...input }) => capacityLeft({ ...input, usdPerGibMonth: usdPerGibMonth(prices, input.volume) }),
  mayChange,
  reservationOf: (_volume, { fromGib, targetGib }) => ({ fromGib, toGib: targetGib }),
  change,
  newestChange,
  progress,
  verify,
};
