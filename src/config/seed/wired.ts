/** Addresses of wired interfaces as a provisioning file of connman (connman-service.config(5)). Pure. */
import { isAddress } from '../checks/addresses.ts';

export interface Wired {
  /** What the network-config calls it. */
  readonly id: string;
  /** Of the interface; undefined when only its address says which it is. */
  readonly name: string;
  readonly mac: string | undefined;
  /** `10.0.0.5/24`, `10.0.0.5/255.255.255.0`, `2001:db8::5/64` */
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly dhcp4: boolean;
}

const isSixth = (address: string): boolean => address.includes(':');
const isMac = (text: string): boolean => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text);
const isName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/.test(text);
const isSearch = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(text);

/** What makes it impossible; connman would ignore the whole file, or the wrong one would get the address. */
export function wiredFault(wired: Wired): string | undefined {
  const { mac, name, addresses, gateways, nameservers, search } = wired;
  if (!isConfigured(wired)) return undefined;
  if (mac !== undefined && !isMac(mac)) return 'expected a MAC address such as 52:54:00:12:34:56';
  if (mac === undefined && !isName(name))
    return 'expected the name of one interface, such as eth0, or match.macaddress';
  if (addresses.some((address) => splitAddress(address) === undefined))
    return 'expected addresses such as 192.168.1.10/24';
  if (![...gateways, ...nameservers].every(isAddress))
    return 'expected IP addresses for gateways and name servers';
  if (!search.every(isSearch)) return 'expected names of domains to search';
  const [fourth, sixth] = [addresses.filter((one) => !isSixth(one)), addresses.filter(isSixth)];
  if (fourth.length > 1 || sixth.length > 1) return 'one address of a kind is possible';
  return undefined;
}

/** Anything that connman would not do by itself. */
const isConfigured = ({ addresses, nameservers, search }: Wired): boolean =>
  addresses.length + nameservers.length + search.length > 0;

/** Address and prefix length; of IPv4 the mask in dots. */
function splitAddress(text: string): readonly [string, string] | undefined {
  const [address = '', length = '', more] = text.split('/');
  if (!isAddress(address) || more !== undefined) return undefined;
  if (isSixth(address))
    return /^\d{1,3}$/.test(length) && Number(length) <= 128 ? [address, length] : undefined;
  if (isAddress(length) && !isSixth(length)) return [address, length];
  return /^\d{1,2}$/.test(length) && Number(length) <= 32 ? [address, maskOf(Number(length))] : undefined;
}

const maskOf = (bits: number): string =>
  [24, 16, 8, 0].map((shift) => ((bits === 0 ? 0 : 0xffffffff << (32 - bits)) >>> shift) & 0xff).join('.');

/** Empty when connman needs no file: every interface is left to DHCP. */
export function renderWired(interfaces: readonly Wired[]): string {
  const sections = interfaces.filter(isConfigured).map(section);
  const head = '# From network-config of the boot partition: made anew at every boot.\n';
  return sections.length === 0 ? '' : [head, ...sections].join('\n');
}

function section(wired: Wired): string {
  const { id, mac, name, addresses, gateways, nameservers, search, dhcp4 } = wired;
  const of = (list: readonly string[], sixth: boolean) => list.find((one) => isSixth(one) === sixth);
  const line = (sixth: boolean) => provisionedAddress(of(addresses, sixth) ?? '', of(gateways, sixth));
  const [fourth, sixth] = [line(false), line(true)];
  return serviceSection({
    id: `seed_${Buffer.from(id).toString('hex')}`,
    match: mac === undefined ? `DeviceName=${name}` : `MAC=${mac.toLowerCase()}`,
    fourth: fourth ?? (dhcp4 || sixth === undefined ? 'dhcp' : 'off'),
    sixth,
    nameservers,
    search,
  });
}

/** `ADDRESS/MASK/GATEWAY` of IPv4, `ADDRESS/LENGTH/GATEWAY` of IPv6; undefined for what is not an address. */
export function provisionedAddress(address: string, gateway: string | undefined): string | undefined {
  const split = splitAddress(address);
  return split && [...split, ...(gateway === undefined ? [] : [gateway])].join('/');
}

export interface ServiceSection {
  readonly id: string;
  /** `DeviceName=…` or `MAC=…` */
  readonly match: string;
  readonly fourth: string;
  /** connman's own way when left out. */
  readonly sixth: string | undefined;
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
}

/** A section of a provisioning file. */
export const serviceSection = (service: ServiceSection): string => {
  const { id, match, fourth, sixth, nameservers, search } = service;
  return [
    `[service_${id}]`,
    'Type=ethernet',
    match,
    `IPv4=${fourth}`,
    ...(sixth === undefined ? [] : [`IPv6=${sixth}`]),
    ...(nameservers.length === 0 ? [] : [`Nameservers=${nameservers.join(',')}`]),
    ...(search.length === 0 ? [] : [`SearchDomains=${search.join(',')}`]),
    '',
  ].join('\n');
};
