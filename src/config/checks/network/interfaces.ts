/** What is wrong with the interfaces of bos.network together. Pure. */
import type { ObjectFault, ObjectValue } from '../../keys/key-types.ts';
import type { Interface } from './model.ts';
import { membersOf, partsOf } from './model.ts';
import { addressBits } from './prefixes.ts';

type Fault = ObjectFault & { readonly index: number };

export function interfacesFault(objects: readonly ObjectValue[]): Fault | undefined {
  const all = objects as unknown as readonly Interface[];
  return sameFault(all) ?? linkFault(all) ?? addressFault(all) ?? gatewayFault(all);
}

/** Two entries for one interface. */
function sameFault(all: readonly Interface[]): Fault | undefined {
  const seen = new Map<string, string>();
  for (const [index, one] of all.entries()) {
    const match = (['mac', 'path', 'driver'] as const).filter((field) => one[field] !== undefined);
    const keys = [
      ['name', one.name] as const,
      ...match.map((field) => [field, `${one[field]}`.toLowerCase()] as const),
    ];
    for (const [field, value] of keys) {
      // Two of one driver differ by what else they say.
      if (field === 'driver' && match.length > 1) continue;
      const before = seen.get(`${field} ${value}`);
      if (before !== undefined) return { index, field, message: `is that of ${before} already` };
      seen.set(`${field} ${value}`, one.name);
    }
  }
  return undefined;
}

function linkFault(all: readonly Interface[]): Fault | undefined {
  const byName = new Map(all.map((one) => [one.name, one]));
  const members = new Map<string, string>();
  for (const [index, one] of all.entries()) {
    for (const [field, name] of linksOf(one)) {
      const other = byName.get(name);
      if (other === undefined)
        return { index, field, message: `expected the name of an entry of bos.network, found "${name}"` };
      if (reaches(byName, other, one.name))
        return { index, field, message: `${name} is made of ${one.name}` };
      if (field === 'vlan.link') continue;
      const taken = members.get(name);
      if (taken !== undefined) return { index, field, message: `${name} is a member of ${taken} already` };
      members.set(name, one.name);
    }
  }
  return memberFault(all) ?? mtuFault(all, byName);
}

/** The kernel gives no VLAN larger packets than what carries it. */
function mtuFault(all: readonly Interface[], byName: ReadonlyMap<string, Interface>): Fault | undefined {
  for (const [index, { mtu, vlan }] of all.entries()) {
    const most = byName.get(vlan?.link ?? '')?.mtu;
    if (mtu !== undefined && most !== undefined && Number(mtu) > Number(most))
      return { index, field: 'mtu', message: `is larger than ${most}, that of ${vlan?.link}` };
  }
  return undefined;
}

const linksOf = (one: Interface): (readonly [field: string, name: string])[] => [
  ...(one.vlan === undefined ? [] : [['vlan.link', one.vlan.link] as const]),
  ...(one.bond?.members ?? []).map((name, at) => [`bond.members[${at}]`, name] as const),
  ...(one.bridge?.members ?? []).map((name, at) => [`bridge.members[${at}]`, name] as const),
];

/** Whether `name` is among what it is made of, however deep. */
function reaches(byName: ReadonlyMap<string, Interface>, from: Interface, name: string): boolean {
  const seen = new Set<string>();
  const queue = [from];
  for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
    if (one.name === name) return true;
    if (seen.has(one.name)) continue;
    seen.add(one.name);
    queue.push(...partsOf(one).flatMap((part) => byName.get(part) ?? []));
  }
  return false;
}

/** Addresses belong to the bond or the bridge. */
function memberFault(all: readonly Interface[]): Fault | undefined {
  const members = membersOf(all);
  const own = [
    'addresses',
    'dhcp4',
    'dhcp6',
    'nameservers',
    'search',
    'routes',
    'gateway4',
    'gateway6',
  ] as const;
  for (const [index, one] of all.entries()) {
    const given = own.find((field) => {
      const value = one[field];
      return value !== undefined && value !== 'false' && value.length > 0;
    });
    if (members.has(one.name) && given !== undefined)
      return { index, field: given, message: 'belongs to what this interface is a member of' };
  }
  return undefined;
}

function addressFault(all: readonly Interface[]): Fault | undefined {
  const seen = new Map<string, string>();
  for (const [index, one] of all.entries())
    for (const [at, text] of (one.addresses ?? []).entries()) {
      const address = text.replace(/\/.*$/, '');
      const read = addressBits(address);
      const key = `${read?.family} ${read?.bits}`;
      const before = seen.get(key);
      if (before !== undefined && before !== one.name)
        return { index, field: `addresses[${at}]`, message: `${address} is an address of ${before} already` };
      seen.set(key, one.name);
    }
  return undefined;
}

/** Two default routes of one family: which one counts nobody could tell. */
function gatewayFault(all: readonly Interface[]): Fault | undefined {
  for (const field of ['gateway4', 'gateway6'] as const) {
    const [first, second] = all.filter((one) => one[field] !== undefined);
    if (first !== undefined && second !== undefined)
      return {
        index: all.indexOf(second),
        field,
        message: `${first.name} has one already; one interface leads out`,
      };
  }
  return undefined;
}
