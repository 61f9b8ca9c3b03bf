/** An interface of bos.network, and who sets it up: connman, or the units bos-network and bos-dhcp. Pure. */

/** As the table of keys says; booleans are true or false as text. */
export interface Interface {
  readonly name: string;
  readonly mac?: string;
  readonly driver?: string;
  readonly path?: string;
  readonly dhcp4?: string;
  readonly dhcp6?: string;
  readonly addresses?: readonly string[];
  readonly gateway4?: string;
  readonly gateway6?: string;
  readonly on_link?: string;
  readonly routes?: readonly { readonly to: string; readonly via?: string; readonly metric?: string }[];
  readonly nameservers?: readonly string[];
  readonly search?: readonly string[];
  readonly mtu?: string;
  readonly vlan?: { readonly id: string; readonly link: string };
  readonly bond?: { readonly members: readonly string[]; readonly mode?: string };
  readonly bridge?: { readonly members: readonly string[] };
  readonly wake_on_lan?: string;
}

/** A VLAN, a bond or a bridge: it does not exist before. */
export const isMade = ({ vlan, bond, bridge }: Interface): boolean => (vlan ?? bond ?? bridge) !== undefined;

export const familyOf = (addresses: readonly string[], family: 4 | 6): readonly string[] =>
  addresses.filter((address) => address.includes(':') === (family === 6));

/** Whether it takes addresses from the network: by itself only without any of its own, and what is made only when asked. */
export const hasDhcp = (one: Interface, family: 4 | 6): boolean => {
  const said = family === 4 ? one.dhcp4 : one.dhcp6;
  if (said !== undefined) return said === 'true';
  return (one.addresses ?? []).length === 0 && (!isMade(one) || (family === 6 && one.dhcp4 === 'true'));
};

/**
 * Why connman cannot set it up (connman-service.config(5): a service has one address of a kind, a gateway in its network,
 * and is found by name or MAC address; of what is made connman knows VLANs and bonds, src/rtnl.c); undefined when it can.
 * It is given VLANs and bonds that ask DHCP and need nothing else; those of the unit that ask are networkd's.
 */
export function handling(one: Interface): string | undefined {
  const addresses = one.addresses ?? [];
  if (one.bridge !== undefined) return 'bridge';
  if (!hasDhcp(one, 4) && !hasDhcp(one, 6)) {
    if (one.vlan !== undefined) return 'vlan';
    if (one.bond !== undefined) return 'bond';
  }
  if ((one.routes ?? []).length > 0) return 'routes';
  if (one.on_link === 'true') return 'on_link';
  if (familyOf(addresses, 4).length > 1 || familyOf(addresses, 6).length > 1)
    return 'several addresses of a kind';
  if (([4, 6] as const).some((family) => hasDhcp(one, family) && familyOf(addresses, family).length > 0))
    return 'addresses of a kind that is asked for';
  return addresses.length > 0 && (one.driver ?? one.path) !== undefined
    ? 'addresses of what driver or path finds'
    : undefined;
}

/** What carries another one, by the names of the entries: no more than a part of it. */
export const partsOf = (one: Interface): readonly string[] => [
  ...(one.vlan === undefined ? [] : [one.vlan.link]),
  ...(one.bond?.members ?? []),
  ...(one.bridge?.members ?? []),
];

/** Members of bonds and bridges, which can have no addresses of their own. */
export const membersOf = (all: readonly Interface[]): ReadonlySet<string> =>
  new Set(all.flatMap(({ bond, bridge }) => [...(bond?.members ?? []), ...(bridge?.members ?? [])]));

/** The entries that the unit sets up; the others are connman's. */
export function ours(all: readonly Interface[]): readonly Interface[] {
  const parts = new Set(all.flatMap(partsOf));
  return all.filter((one) => parts.has(one.name) || handling(one) !== undefined);
}

/** Of which kinds an entry of the unit asks for addresses: systemd-networkd does it there. `parts`: names of `partsOf` of all. */
export function askedBeside(one: Interface, parts: ReadonlySet<string>): readonly (4 | 6)[] {
  const isPlain = (one.addresses ?? []).length === 0;
  const fourth =
    one.dhcp4 === undefined ? isPlain && !isMade(one) && !parts.has(one.name) : one.dhcp4 === 'true';
  const sixth = one.dhcp6 === undefined ? isPlain && fourth : one.dhcp6 === 'true';
  return [...(fourth ? [4 as const] : []), ...(sixth ? [6 as const] : [])];
}
