/** A section of connman's provisioning file (connman-service.config(5)). Pure. */
import { readPrefix } from '../../../../config/checks/network/prefixes.ts';

export interface ServiceSection {
  readonly id: string;
  /** `DeviceName=…` or `MAC=…` */
  readonly match: string;
  readonly fourth: string;
  readonly sixth: string;
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
}

export const serviceSection = (service: ServiceSection): string => {
  const { id, match, fourth, sixth, nameservers, search } = service;
  return [
    `[service_${id}]`,
    'Type=ethernet',
    match,
    `IPv4=${fourth}`,
    `IPv6=${sixth}`,
    ...(nameservers.length === 0 ? [] : [`Nameservers=${nameservers.join(',')}`]),
    ...(search.length === 0 ? [] : [`SearchDomains=${search.join(',')}`]),
    '',
  ].join('\n');
};

/** `ADDRESS/MASK/GATEWAY` of IPv4, `ADDRESS/LENGTH/GATEWAY` of IPv6; undefined for what is not an address with a length. */
export function provisionedAddress(text: string, gateway: string | undefined): string | undefined {
  const read = readPrefix(text);
  if (read === undefined) return undefined;
  const { address, family, length } = read;
  const extent = family === 6 ? String(length) : maskOf(length);
  return [address, extent, ...(gateway === undefined ? [] : [gateway])].join('/');
}

const maskOf = (bits: number): string =>
  [24, 16, 8, 0].map((shift) => ((bits === 0 ? 0 : 0xffffffff << (32 - bits)) >>> shift) & 0xff).join('.');
