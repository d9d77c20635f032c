/**
 * Numbers as EventBridge compares them: from -5.0e9 to +5.0e9 with six digits after the decimal point.
 * Source: EventBridge User Guide, "Numeric matching" (2026-11); wording from aws/event-ruler, `ComparableNumber`.
 */

const microsMax = 5e15; // 5e9 in millionths: a whole number that a double holds exactly

/** The number can't be compared; it can still be matched by its digits as written. */
export class NotComparable extends Error {}

/**
 * The number in millionths, exact.
 *
 * @param text digits as written in JSON: `3.018e2`
 * @throws NotComparable outside of the range, or with more than six decimals
 */
export function comparableMicros(text: string): number {
  const parts = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([-+]?[0-9]+))?$/.exec(text);
  if (!parts) throw new NotComparable(`Not a number: ${text}`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;

  const digits = (whole + fraction).replace(/^0+/, '').replace(/0+$/, '');
  if (digits === '') return 0;
  const trailingZeroes = (whole + fraction).length - (whole + fraction).replace(/0+$/, '').length;
  // digits times ten to the power of this is the number in millionths
  const power = Number(exponent) - fraction.length + trailingZeroes + 6;
  if (power < 0) throw new NotComparable(`Only values upto 6 decimals are supported${text}`);
  const micros = digits.length + power > 16 ? Number.POSITIVE_INFINITY : Number(digits + '0'.repeat(power));
  if (micros > microsMax) throw new NotComparable('Value must be between -5.0E9 and 5.0E9, inclusive');
  return sign === '-' ? -micros : micros;
}

/** As `comparableMicros`, but undefined where that throws. */
export function comparableMicrosIfPossible(text: string): number | undefined {
  try {
    return comparableMicros(text);
  } catch (error) {
    if (error instanceof NotComparable) return undefined;
    throw error;
  }
}
