/** What can go wrong with the ledger itself, beyond what any AWS call can answer. */
import { DefectFault, TransientFault } from '../../runtime/fault.ts';

/** Others kept writing the same item. Nothing of this write took effect; the same call may be made again. */
export class LedgerContended extends TransientFault {
  constructor(message: string, options?: ErrorOptions) {
    super('LedgerContended', message, options);
  }
}

/** An item that this version of the code can't read: damaged, or written by a newer version. */
export class LedgerItemUnreadable extends DefectFault {
  constructor(message: string, options?: ErrorOptions) {
    super('LedgerItemUnreadable', message, options);
  }
}

/** A caller asked for something that contradicts what the ledger holds. Nothing was written. */
export class LedgerContradiction extends DefectFault {
  constructor(message: string) {
    super('LedgerContradiction', message);
  }
}
