/** What the invariants look at. */
import type { SimulatedEc2 } from '../cloud/ec2.ts';
import type { SimulatedHosts } from '../cloud/host.ts';
import type { SimulatedMsk } from '../cloud/msk.ts';
import type { DeployedSystem } from '../deploy/simulation.ts';
import type { LedgerItem } from './ledger-items.ts';

/** What is watched: `simulator/deploy/boot.ts`'s Simulation, or a part of it in tests. */
export interface Watched extends Pick<DeployedSystem, 'cloud' | 'clock' | 'deployment' | 'observe'> {
  ec2: SimulatedEc2;
  hosts: SimulatedHosts;
  msk: SimulatedMsk;
  /** Calls back for each item of the ledger's table that is written or deleted, unmarshalled. */
  onLedgerWrite(listen: (after: LedgerItem | undefined, before: LedgerItem | undefined) => void): void;
  /** Documents that only look: sending them is no mutation. */
  readOnlyDocuments: ReadonlySet<string>;
}

export interface WatchOptions {
  /** Whether the present part of the run may change nothing. */
  isDryRun?: () => boolean;
}
