/**
 * IP addresses and CIDR blocks in patterns. A string that reads as an address matches every spelling of that address.
 * Wording of the errors: aws/event-ruler, `CIDR`.
 */

/** 4 or 16 bytes. */
export type Address = readonly number[];

/** Both ends belong to the block. */
export interface AddressBlock {
  readonly first: Address;
  readonly last: Address;
}

/** The text is no address or no block. `message` is AWS's. */
export class MalformedAddress extends Error {}

/** The address, or undefined when the text isn't one. */
export function parseAddress(text: string): Address | undefined {
  if (looksLikeV4(text)) return parseV4(text);
  return looksLikeV6(text) ? parseV6(text) : undefined;
}

/**
 * @param text address, slash and the number of leading bits that count: 0..31 for IPv4, 0..127 for IPv6
 * @throws MalformedAddress
 */
export function parseBlock(text: string): AddressBlock {
  // Java's split drops empty parts at the end: '10.0.0.0/' has one part
  const parts = text.replace(/\/+$/, '').split('/');
  const [addressText = '', bitsText = ''] = parts;
  if (parts.length !== 2) throw new MalformedAddress("Malformed CIDR, one '/' required");
  if (!/^[-+]?[0-9]+$/.test(bitsText) || Math.abs(Number(bitsText)) > 0x7fff_ffff) {
    throw new MalformedAddress('Malformed CIDR, mask bits must be an integer');
  }
  const bits = Number(bitsText);
  if (bits < 0) throw new MalformedAddress('Malformed CIDR, mask bits must not be negative');

  const address = parseAddress(addressText);
  if (!address) {
    const isLookalike = looksLikeV4(addressText) || looksLikeV6(addressText);
    throw new MalformedAddress(`${isLookalike ? 'Invalid' : 'Nonstandard'} IP address: ${addressText}`);
  }
  if (address.length === 4 && bits > 31) throw new MalformedAddress('IPv4 mask bits must be < 32');
  if (bits > 127) throw new MalformedAddress('IPv6 mask bits must be < 128');
  const free = address.map((_byte, index) => 0xff >> Math.min(8, Math.max(0, bits - index * 8)));
  return {
    first: address.map((byte, index) => byte & ~(free[index] ?? 0) & 0xff),
    last: address.map((byte, index) => byte | (free[index] ?? 0)),
  };
}

export function isInBlock(address: Address, block: AddressBlock): boolean {
  return (
    address.length === block.first.length &&
    compareAddresses(address, block.first) >= 0 &&
    compareAddresses(address, block.last) <= 0
  );
}

export function isSameAddress(one: Address, other: Address): boolean {
  return one.length === other.length && compareAddresses(one, other) === 0;
}

function compareAddresses(one: Address, other: Address): number {
  for (const [index, byte] of one.entries()) {
    const difference = byte - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function looksLikeV4(text: string): boolean {
  return /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/.test(text);
}

function looksLikeV6(text: string): boolean {
  return /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/.test(text);
}

function parseV4(text: string): Address | undefined {
  const bytes = text.split('.').map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function groupsOf(half: string): readonly string[] {
  return half === '' ? [] : half.split(':');
}

function parseV6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0] ?? '');
  const tail = groupsOf(halves[1] ?? '');
  if (![...head, ...tail].every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;

  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail].map((group) =>
    Number.parseInt(group, 16),
  );
  const bytes = groups.flatMap((group) => [group >> 8, group & 0xff]);
  // Java reads an IPv4-mapped address (::ffff:a00:1) as the IPv4 address
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? bytes.slice(12) : bytes;
}
