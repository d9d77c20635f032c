/** DynamoDB's numbers: decimals with up to 38 significant digits, from 1E-130 to 9.99…E+125, exact in sum and difference. */
import { AwsError } from '../service.ts';

interface Decimal {
  /** Value = digits × 10^-scale. */
  digits: bigint;
  scale: number;
}

const plainInteger = /^-?(?:0|[1-9]\d{0,14})$/;
const anyNumber = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Without needless digits, as DynamoDB gives it back. @throws AwsError ValidationException */
export function normalNumber(text: string): string {
  if (plainInteger.test(text) && text !== '-0') return text;
  return written(parsed(text));
}

export function compareNumbers(a: string, b: string): number {
  if (a.length < 16 && b.length < 16) return Number(a) - Number(b);
  const { digits } = difference(parsed(a), parsed(b));
  return digits > 0n ? 1 : digits < 0n ? -1 : 0;
}

export function add(a: string, b: string): string {
  const [x, y] = aligned(parsed(a), parsed(b));
  return written({ digits: x.digits + y.digits, scale: x.scale });
}

export function subtract(a: string, b: string): string {
  return written(difference(parsed(a), parsed(b)));
}

function difference(a: Decimal, b: Decimal): Decimal {
  const [x, y] = aligned(a, b);
  return { digits: x.digits - y.digits, scale: x.scale };
}

function parsed(text: string): Decimal {
  const match = anyNumber.exec(text.trim());
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (match === null || whole + fraction === '') throw refuse('A value provided cannot be converted into a number');
  const scale = fraction.length - Number(exponent);
  const magnitude = BigInt(whole + fraction);
  return checked(shortened({ digits: sign === '-' ? -magnitude : magnitude, scale }));
}

/** Without trailing zeros. */
function shortened({ digits, scale }: Decimal): Decimal {
  if (digits === 0n) return { digits, scale: 0 };
  const zeros = /0*$/.exec(digits.toString())?.[0].length ?? 0;
  return { digits: digits / 10n ** BigInt(zeros), scale: scale - zeros };
}

function refuse(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

function checked(number: Decimal): Decimal {
  const { digits, scale } = number;
  if (digits === 0n) return number;
  const length = digits.toString().replace('-', '').length;
  const magnitude = length - scale - 1;
  if (magnitude > 125)
    throw refuse('Number overflow. Attempting to store a number with magnitude larger than supported range');
  if (magnitude < -130)
    throw refuse('Number underflow. Attempting to store a number with magnitude smaller than supported range');
  if (length > 38) throw refuse('DynamoDB only supports precision up to 38 digits');
  return number;
}

function aligned(a: Decimal, b: Decimal): [Decimal, Decimal] {
  const scale = Math.max(a.scale, b.scale);
  const to = ({ digits, scale: own }: Decimal) => ({ digits: digits * 10n ** BigInt(scale - own), scale });
  return [to(a), to(b)];
}

function written(number: Decimal): string {
  const { digits, scale } = checked(shortened(number));
  const negative = digits < 0n;
  const text = (negative ? -digits : digits).toString();
  const plain =
    scale <= 0
      ? text + '0'.repeat(-scale)
      : `${text.padStart(scale + 1, '0').slice(0, -scale)}.${text.padStart(scale + 1, '0').slice(-scale)}`;
  return negative ? `-${plain}` : plain;
}
