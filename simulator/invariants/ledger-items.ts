/**
 * Reads what invariants need from writes to the ledger's table: intents, waits, pauses, reliefs, what
 * was learnt of a volume. Item types as in
 * functions/gateways/ledger/items.ts; anything else is of no concern here.
 */
import type { Intent, Relief, VolumeRecord, Waiting } from '../../functions/gateways/ledger/ledger.ts';
import type { Invariants } from './invariants.ts';

/** A plain item (unmarshalled). */
export type LedgerItem = Record<string, unknown>;

export function tellOfWrite(
  invariants: Invariants,
  after: LedgerItem | undefined,
  before: LedgerItem | undefined,
): void {
  const item = after ?? before;
  switch (item?.['type']) {
    case 'intent':
      if (after !== undefined) {
        invariants.tell('intentWritten', {
          intent: after as unknown as Intent,
          before: before as unknown as Intent | undefined,
        });
      }
      break;
    case 'waiting':
      if (after !== undefined) invariants.tell('waitWritten', after as unknown as Waiting);
      break;
    case 'cluster':
      if ((after?.['paused'] === undefined) !== (before?.['paused'] === undefined)) {
        invariants.tell('pauseChanged', nameIn(item), after?.['paused'] !== undefined);
      }
      break;
    case 'cool-down':
      invariants.tell('coolDownWritten', String(item['volumeId']), after as VolumeRecord['coolDown']);
      break;
    case 'not-before':
      invariants.tell('notBeforeWritten', String(item['volumeId']), after as VolumeRecord['notBefore']);
      break;
    case 'relief':
      if (after !== undefined) invariants.tell('reliefWritten', after as unknown as Relief);
      break;
    default:
  }
}

/** Keys are `<kind>#<name>` (functions/gateways/ledger/keys.ts). */
function nameIn({ pk }: LedgerItem): string {
  const key = pk as string;
  return key.slice(key.indexOf('#') + 1);
}
