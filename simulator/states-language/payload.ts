/** The size that one payload may have, and JSON values as AWS passes them on. */

import { StateFailure } from './faults.ts';

/** 256 KiB as UTF-8 [DG service-quotas, read 2026-11-20]. */
export const payloadBytesMax = 262_144;

/** A JSON value has at most three UTF-8 bytes for each UTF-16 unit of its text. */
const surelySmallLength = payloadBytesMax / 3;

function isTooLarge(text: string): boolean {
  return text.length > surelySmallLength && Buffer.byteLength(text) > payloadBytesMax;
}

/** Throws States.DataLimitExceeded when the value is larger than 256 KiB; `what` names the state or task. */
export function checkPayload(value: unknown, what: string): void {
  if (isTooLarge(typeof value === 'string' ? value : JSON.stringify(value))) throw dataLimitExceeded(what);
}

/** A copy as it would arrive over the network: JSON only, nothing shared with the sender. Checks the size. */
export function transmit(value: unknown, what: string): unknown {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return null;
  if (isTooLarge(text)) throw dataLimitExceeded(what);
  return JSON.parse(text);
}

// The wording is quoted in many reports of real executions, e.g. "The state/task 'lambda' returned a result …".
function dataLimitExceeded(what: string): StateFailure {
  return new StateFailure(
    'States.DataLimitExceeded',
    `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}
