/** Single fields of `ip=` and its kin. Pure. */
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

/** Of which kinds an address is asked for; undefined for what is not a method. */
export const methodOf = (word: string): readonly (4 | 6)[] | undefined =>
  Object.hasOwn(methods, word) ? methods[word as keyof typeof methods] : undefined;

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
