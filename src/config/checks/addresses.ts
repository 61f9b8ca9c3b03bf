/** Addresses of servers, as connman takes them. Pure. */
import type { Check } from '../keys/key-types.ts';

/** Numbers and dots alone are an address or a slip: no name ends with a number (RFC 3696, 2). */
export const isHost = (value: string): boolean =>
  isAddress(value) || (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value) && !/^[\d.]+$/.test(value));

/** connman leaves out name servers that are no numbers, and says nothing. */
export const isAddress = (value: string): boolean => isIpv4(value) || isIpv6(value);

/** A zero in front makes a number octal to some programs, iproute2 among them, and means nothing to others (inet_aton(3)). */
export const isIpv4 = (value: string): boolean =>
  /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(value) &&
  value.split('.').every((part) => Number(part) <= 255);

/** Characters of one, with an interface. */
const longestIpv6 = 80;

/** With or without the interface of a link-local address behind it (RFC 4007, 11). */
export function isIpv6(value: string): boolean {
  if (value.length > longestIpv6) return false;
  const [, address] = /^([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(%[A-Za-z0-9._-]+)?$/.exec(value) ?? [];
  return address !== undefined && URL.canParse(`http://[${address}]`);
}

export const timeServer: Check = (value) =>
  isHost(value.trim()) ? undefined : 'expected a host name or an IP address';

export const nameServer: Check = (value) =>
  isAddress(value.trim()) ? undefined : 'expected an IP address; a name server cannot be given by name';
