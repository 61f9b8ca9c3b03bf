/** What is carried over, for a person who reads the plan. Pure. */
import type { Interface } from '../../../config/checks/network/model.ts';
import type { HostKeyFile, UserKeys } from './read-logins.ts';

export function networkInWords(all: readonly Interface[]): string {
  if (all.length === 0) return 'the network: every interface asks DHCP';
  return `the network: ${all.map(interfaceInWords).join(', ')}`;
}

function interfaceInWords(one: Interface): string {
  const { name, mac, addresses = [], gateway4, gateway6, vlan, bond, bridge, routes = [] } = one;
  const { nameservers = [], mtu } = one;
  const gateways = [gateway4, gateway6].filter((gateway) => gateway !== undefined);
  const asks = [one.dhcp4, one.dhcp6].includes('true') ? ['DHCP'] : [];
  const words = [
    ...(vlan === undefined ? [] : [`VLAN ${vlan.id} on ${vlan.link}`]),
    ...(bond === undefined ? [] : [`a bond of ${bond.members.join(' and ')}`]),
    ...(bridge === undefined ? [] : [`a bridge of ${bridge.members.join(' and ') || 'nothing'}`]),
    ...asks,
    ...addresses,
    ...(gateways.length === 0 ? [] : [`by ${gateways.join(' and ')}`]),
    ...(routes.length === 0 ? [] : [`${routes.length} more ${routes.length === 1 ? 'route' : 'routes'}`]),
    ...(nameservers.length === 0 ? [] : [`name servers ${nameservers.join(' and ')}`]),
    ...(mtu === undefined ? [] : [`MTU ${mtu}`]),
  ];
  return `${name}${mac === undefined ? '' : ` (${mac})`}${words.length === 0 ? '' : ` ${words.join(' ')}`}`;
}

export const keysInWords = (found: readonly UserKeys[]): string =>
  found
    .filter(({ keys }) => keys.length > 0)
    .map(({ user, keys }) => `${keys.length === 1 ? 'the ssh key' : `${keys.length} ssh keys`} of ${user}`)
    .join(' and ');

/** `ed25519, rsa`: of the private keys. */
export const hostKeysInWords = (keys: readonly HostKeyFile[]): string =>
  keys.flatMap(({ name }) => /^ssh_host_(\w+)_key$/.exec(name)?.[1] ?? []).join(', ');
