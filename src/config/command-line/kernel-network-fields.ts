/** Single fields of `ip=` and its kin. Pure. */
import { addressBits } from '../checks/network/prefixes.ts';
import type { KernelArgument } from './kernel-arguments.ts';

export interface Fault {
  readonly argument: KernelArgument;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** What is wrong with an argument; a warning is of what is right, and not done here. */
export class NetworkFault extends Error {
  readonly severity: Fault['severity'];

  constructor(message: string, severity: Fault['severity'] = 'error') {
    super(message);
    this.severity = severity;
  }
}

export type Fields = readonly string[];

/** Between colons, of which those in brackets are of an address; undefined for a bracket that stays open. */
export function fieldsOf(value: string): Fields | undefined {
  const fields = [''];
  let isOpen = false;
  for (const char of value) {
    if (char === '[') isOpen = true;
    if (char === ']') isOpen = false;
    if (char === ':' && !isOpen) fields.push('');
    else fields[fields.length - 1] += char;
  }
  return isOpen ? undefined : fields;
}

/** `[2001:db8::1]` and `[2001:db8::]/32` without their brackets. */
export const plain = (field: string): string => field.replace(/^\[([^[\]]*)\]/, '$1');

/** The kernel treats an address of zeros as none; undefined for what is not an address. */
export const given = (field: string): string => (/^(0\.0\.0\.0|\[(0:|:)[0:]*\])$/.test(field) ? '' : field);

/** `10.0.0.5`, `[2001:db8::5]`, and with the length of the network behind it, as NetworkManager and systemd take it. */
export function addressOf(field: string): AddressField | undefined {
  const [, address = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(plain(field)) ?? [];
  const read = addressBits(address);
  if (read === undefined) return undefined;
  return { ...read, address, ...(length === undefined ? {} : { length }) };
}

export interface AddressField {
  readonly family: 4 | 6;
  readonly bits: bigint;
  readonly address: string;
  readonly length?: string;
}

/** Without a mask: of IPv4 by its class, as the kernel has it (nfsroot.rst), of IPv6 what routers give. */
export function usualLength({ family, bits }: AddressField): number {
  if (family === 6) return 64;
  const first = Number(bits >> 24n);
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

/**
 * Of which kinds an address is asked for; undefined for what is not a method. Several are joined by commas
 * (systemd-network-generator(8), nm-initrd-generator(8)).
 */
export function methodOf(words: string): readonly (4 | 6)[] | undefined {
  const all = words
    .split(',')
    .map((word) => (Object.hasOwn(methods, word) ? methods[word as Method] : undefined));
  return all.some((one) => one === undefined) ? undefined : all.flatMap((one) => one ?? []);
}

/** Words for an address that is given: nothing is asked for. `static` is in no document, and written all the same. */
export const isFixed = (word: string): boolean => ['', 'none', 'off', 'static', 'ibft'].includes(word);

type Method = keyof typeof methods;

const methods = {
  none: [],
  off: [],
  link6: [],
  dhcp: [4],
  on: [4],
  any: [4],
  both: [4],
  bootp: [4],
  rarp: [4],
  'single-dhcp': [4],
  dhcp6: [6],
  auto6: [6],
  either6: [6],
} as const;

/** 24 of `24` and of `255.255.255.0`; without a mask all of the address. */
export function maskLength(mask: string, family: 4 | 6): number | undefined {
  const most = family === 4 ? 32 : 128;
  if (mask === '') return most;
  if (/^\d{1,3}$/.test(mask)) return Number(mask) <= most ? Number(mask) : undefined;
  const parts = mask.split('.').map(Number);
  if (family === 6 || !/^\d{1,3}(\.\d{1,3}){3}$/.test(mask) || parts.some((part) => part > 255))
    return undefined;
  const bits = parts.map((part) => part.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined;
}

/** vlan5, vlan0005, eth0.5, eth0.0005. */
export function vlanIdOf(name: string): string | undefined {
  const [, digits] = /^(?:vlan|.+\.)0*(\d{1,4})$/.exec(name) ?? [];
  return digits;
}

/** Bits of an address. */
export const widthOf = ({ family }: AddressField): number => (family === 4 ? 32 : 128);

/** What PXE has booted from: the kind of hardware and the MAC address (PXELINUX, IPAPPEND). */
export function bootCard(all: readonly KernelArgument[]): string | undefined {
  if (all.some(({ name, value }) => name === 'rd.bootif' && value === '0')) return undefined;
  const value = all.findLast(({ name }) => name === 'BOOTIF')?.value ?? '';
  const [, mac] =
    /^(?:[0-9a-f]{2}-)?((?:[0-9a-f]{2}-){5}[0-9a-f]{2})$/i.exec(value.replaceAll(':', '-')) ?? [];
  return mac?.replaceAll('-', ':').toLowerCase();
}

export const noMethod = (word: string): NetworkFault =>
  new NetworkFault(
    `"${word}" is not a way to get an address, so it is not used; expected dhcp, dhcp6, auto6, link6, none or off`,
    'warning',
  );

/** Each group of an IPv6 address without brackets is a field of its own. */
export const noAddress = (text: string): NetworkFault => {
  const advice = /^[0-9a-f]{1,4}$/i.test(text) ? '; one of IPv6 stands in brackets: [2001:db8::5]' : '';
  return new NetworkFault(`expected an IP address, found "${text}"${advice}`);
};
