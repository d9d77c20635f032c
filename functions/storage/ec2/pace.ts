/** At which pace growths begin, as data. Pure. */
import type { Pace } from '../kind.ts';

export const growthPace: { account: Pace; cluster: Pace } = {
  /**
   * The account's bucket for ModifyVolume holds 50 requests and is refilled with 5 a second (aws-facts 2.4). The pace is
   * kept where an operation begins; some ten requests are left for those that take longer from there to the call than
   * others do, for a person's own requests, and for whoever else modifies volumes.
   */
  account: { burst: 40, everyMs: 200 },
  /**
   * Brokers of one cluster fill alike: often it is all of its volumes that are due. Each growth is reserved in the one
   * bookkeeping of its cluster, on what was read just before (docs/decisions/0006); who comes between has to read all of
   * it again. That takes some four calls one after the other.
   */
  cluster: { burst: 2, everyMs: 800 },
};
