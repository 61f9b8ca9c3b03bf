/** Addresses with the length of their network: `192.168.1.10/24`, `2001:db8::5/64`. Pure. */
import { isIpv4, isIpv6 } from '../addresses.ts';

export interface Prefix {
  readonly family: 4 | 6;
  /** The address as a number, its first byte the highest. */
  readonly bits: bigint;
  /** Of the network, in bits. */
  readonly length: number;
  readonly address: string;
}

const width = { 4: 32, 6: 128 } as const;

/** undefined for what is not an address, or has an interface behind it (`%eth0`). */
export function addressBits(text: string): { readonly family: 4 | 6; readonly bits: bigint } | undefined {
  if (isIpv4(text))
    return { family: 4, bits: text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  if (text.includes('%') || !isIpv6(text)) return undefined;
  // As WHATWG's URL writes it: hexadecimal groups alone, the longest run of zeros as `::`.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const [first, last] = [groups(head), groups(tail ?? '')];
  const all = [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last];
  return { family: 6, bits: all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n) };
}

/** undefined unless both parts are there and fit. */
export function readPrefix(text: string): Prefix | undefined {
  const [, address = '', digits = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const read = addressBits(address);
  const length = Number(digits);
  return read === undefined || length > width[read.family] ? undefined : { ...read, length, address };
}

/** Whether an address of the same family is in the network. */
export function isWithin({ family, bits, length }: Prefix, other: { family: 4 | 6; bits: bigint }): boolean {
  const shift = BigInt(width[family] - length);
  return family === other.family && bits >> shift === other.bits >> shift;
}

/** Whether an address is in one of the networks, in a time that does not grow with their number. */
export function inOneOf(
  prefixes: readonly Prefix[],
): (other: { readonly family: 4 | 6; readonly bits: bigint }) => boolean {
  const networkIn = (family: 4 | 6, bits: bigint, length: number) =>
    `${family} ${length} ${bits >> BigInt(width[family] - length)}`;
  const networks = new Set(prefixes.map(({ family, bits, length }) => networkIn(family, bits, length)));
  const lengths = [...new Set(prefixes.map(({ length }) => length))];
  return ({ family, bits }) =>
    lengths.some((length) => length <= width[family] && networks.has(networkIn(family, bits, length)));
}

/** fe80::/10 (RFC 4291, 2.5.6): reached on the link without any address of its network. */
export const isLinkLocal = ({ family, bits }: { family: 4 | 6; bits: bigint }): boolean =>
  family === 6 && bits >> 118n === 0x3fan;

/** `10.0.0.7/24` as `10.0.0.0/24`; undefined for what is not an address with a length. */
export function networkOf(text: string): string | undefined {
  const read = readPrefix(text);
  if (read === undefined) return undefined;
  const behind = BigInt(width[read.family] - read.length);
  const bits = (read.bits >> behind) << behind;
  const [count, size, radix, mark] =
    read.family === 4 ? ([4, 8n, 10, '.'] as const) : ([8, 16n, 16, ':'] as const);
  const groups = Array.from({ length: count }, (_, index) =>
    ((bits >> (size * BigInt(count - 1 - index))) & ((1n << size) - 1n)).toString(radix),
  );
  return `${groups.join(mark)}/${read.length}`;
}

/** Nothing but zeros behind the length: a network, not an address in it. */
export const isNetwork = ({ family, bits, length }: Prefix): boolean =>
  bits % (1n << BigInt(width[family] - length)) === 0n;

/** No machine can have it: nobody, everybody, a group (RFC 1122, 3.2.1.3; RFC 4291, 2.5.2 and 2.7). */
export const isUsable = ({ family, bits }: { family: 4 | 6; bits: bigint }): boolean =>
  family === 4 ? bits >> 24n > 0n && bits >> 28n < 14n : bits > 0n && bits >> 120n !== 0xffn;

/** Never on a link (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3). */
export const isLoopback = ({ family, bits }: { family: 4 | 6; bits: bigint }): boolean =>
  family === 4 ? bits >> 24n === 127n : bits === 1n;

/** What an address is, in words, if no machine can have it: an IPv4 network's own or its broadcast one; not in a /31 (RFC 3021). */
export function wholeNetwork(prefix: Prefix): string | undefined {
  const { family, bits, length } = prefix;
  if (family === 6 || length > 30) return undefined;
  if (isNetwork(prefix)) return 'the network itself';
  return isNetwork({ ...prefix, bits: bits + 1n }) ? 'that of all machines in the network' : undefined;
}
