/**
 * What verbs work against: one account and Region, real (`aws-account.ts`) or simulated. Reads go to gateways and the
 * ledger; whatever changes something goes through a deployed function, never around it.
 */
import type { Fleet } from '../functions/fleet/fleet.ts';
import type { Ledger } from '../functions/gateways/ledger/ledger.ts';
import type {
  EbsGateway,
  MetricsGateway,
  MskGateway,
  ScalingOwnersGateway,
  TopicsGateway,
} from '../functions/gateways/types.ts';
import type { Clock } from '../functions/runtime/clock.ts';
import type { Request } from '../functions/storage/decision.ts';
import type { GrowthDecision, PlanRow } from '../functions/storage/index.ts';

export type FunctionVerb = 'start-workflow' | 'answer-approval' | 'set-pause';

export interface Account {
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly ebs: EbsGateway;
  readonly msk: MskGateway;
  readonly scalingOwners: ScalingOwnersGateway;
  readonly topics: TopicsGateway;
  readonly metrics: MetricsGateway;
  /** The function's answer. @throws FunctionFailed */
  invoke(verb: FunctionVerb, payload: Record<string, unknown>): Promise<unknown>;
  /** What would be done now, for every volume, or for those of one cluster. Changes nothing. */
  plan(cluster?: string): Promise<PlanRow[]>;
  /** What the workflow would decide now if it were asked for this; undefined where the volume is gone. Changes nothing. */
  decide(volume: Pick<PlanRow, 'cluster' | 'volumeId'>, request: Request): Promise<GrowthDecision | undefined>;
  /** Who operates: the caller's ARN, or `operator` in simulation. */
  caller(): Promise<string>;
  /** A new name for one request; the same one is carried out once. */
  newRequestId(): string;
  /** Names of the dimensions under which a metric of this instance exists, one list for each combination. */
  dimensionsOf?(metric: { namespace: string; name: string; instanceId: string }): Promise<string[][]>;
  /** Once, after the verb: a simulation is saved. */
  close?(): Promise<void>;
}

/** What `cli/simulated-account.ts` exports as `openSimulatedAccount`. */
export type OpenSimulatedAccount = (options: { directory: string; fleetFile: string | undefined }) => Promise<Account>;

/** A deployed function ended in an error; `name` is the fault's. */
export class FunctionFailed extends Error {
  constructor(verb: FunctionVerb, faultName: string, message: string) {
    super(`${verb}: ${faultName}: ${message}`);
    this.name = faultName;
  }
}
