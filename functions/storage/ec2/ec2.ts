/** Brokers on EC2 with EBS data volumes. */
import type { Ec2Cluster } from '../../fleet/fleet.ts';
import type { StorageKind } from '../kind.ts';
import { look } from './look.ts';
import { progress } from './progress.ts';

export const ec2: StorageKind<Ec2Cluster> = { look, progress };
