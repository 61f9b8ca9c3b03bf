/** What is wrong with one interface of bos.network whose fields fit. Pure. */
import type { ObjectFault, ObjectValue } from '../../keys/key-types.ts';
import type { Interface } from './model.ts';
import { familyOf, handling, hasDhcp, isMade } from './model.ts';
import { addressBits, inOneOf, isLinkLocal, isWithin, type Prefix, readPrefix } from './prefixes.ts';

export function interfaceFault(object: ObjectValue): ObjectFault | undefined {
  const one = object as unknown as Interface;
  return (
    kindFault(one) ??
    addressFault(one) ??
    gatewayFault(one) ??
    routeFault(one) ??
    mtuFault(one) ??
    dhcpFault(one)
  );
}

const fault = (field: string, message: string): ObjectFault => ({ field, message });

function kindFault(one: Interface): ObjectFault | undefined {
  const kinds = (['vlan', 'bond', 'bridge'] as const).filter((kind) => one[kind] !== undefined);
  const [kind, second] = kinds;
  if (kind === undefined) return undefined;
  if (second !== undefined) return fault(second, `is ${kind} already; write another entry`);
  const match = (['mac', 'driver', 'path'] as const).find((field) => one[field] !== undefined);
  if (match !== undefined) return fault(match, `finds an interface that exists, and ${kind} makes one`);
  if (one.wake_on_lan !== undefined) return fault('wake_on_lan', 'is for the interface of a network card');
  if (one.bond?.members.length === 0) return fault('bond.members', 'expected at least one member');
  if (one.vlan?.link === one.name) return fault('vlan.link', 'is this interface itself');
  for (const made of ['bond', 'bridge'] as const) {
    const members = one[made]?.members ?? [];
    const index = members.findIndex((member, at) => member === one.name || members.indexOf(member) < at);
    const message = members[index] === one.name ? 'is this interface itself' : 'is a member twice';
    if (index >= 0) return fault(`${made}.members[${index}]`, message);
  }
  return undefined;
}

const prefixesOf = (one: Interface): Prefix[] =>
  (one.addresses ?? []).flatMap((text) => readPrefix(text) ?? []);

function addressFault(one: Interface): ObjectFault | undefined {
  const all = prefixesOf(one);
  const index = all.findIndex(
    ({ family, bits }, at) => all.findIndex((other) => other.family === family && other.bits === bits) < at,
  );
  return index < 0 ? undefined : fault(`addresses[${index}]`, `${all[index]?.address} is given twice`);
}

function gatewayFault(one: Interface): ObjectFault | undefined {
  for (const field of ['gateway4', 'gateway6'] as const) {
    const gateway = one[field];
    const read = addressBits(gateway ?? '');
    if (gateway === undefined || read === undefined) continue;
    const all = prefixesOf(one).filter(({ family }) => family === read.family);
    if (all.length === 0) return fault(field, `needs an address of IPv${read.family} in addresses`);
    if (all.some(({ bits }) => bits === read.bits))
      return fault(field, 'is an address of this interface itself');
    if (one.on_link === 'true' || isLinkLocal(read) || all.some((prefix) => isWithin(prefix, read))) continue;
    const networks = all.map(({ address, length }) => `${address}/${length}`).join(', ');
    return fault(
      field,
      `${gateway} is outside of ${networks}; if it is on the link all the same, write on_link: true`,
    );
  }
  const needless = one.on_link !== undefined && one.gateway4 === undefined && one.gateway6 === undefined;
  return needless ? fault('on_link', 'needs gateway4 or gateway6') : undefined;
}

function routeFault(one: Interface): ObjectFault | undefined {
  const prefixes = prefixesOf(one);
  const gateways = [one.gateway4, one.gateway6].flatMap((text) => addressBits(text ?? '') ?? []);
  // Routes without a router make a network one of the link.
  const isOnLink = inOneOf(
    (one.routes ?? []).flatMap(({ to, via }) => (via === undefined ? (readPrefix(to) ?? []) : [])),
  );
  const seen = new Set<string>();
  for (const [index, { to, via, metric = '' }] of (one.routes ?? []).entries()) {
    const target = readPrefix(to);
    const at = `routes[${index}]`;
    if (seen.has(`${to} ${metric}`))
      return fault(`${at}.to`, `${to} has a route with the same metric already`);
    seen.add(`${to} ${metric}`);
    if (via === undefined || target === undefined) continue;
    const router = addressBits(via);
    if (router?.family !== target.family)
      return fault(`${at}.via`, `expected an address of IPv${target.family}, as ${to} is`);
    const isGateway = gateways.some(({ family, bits }) => family === router.family && bits === router.bits);
    // Which network that will be only the lease says.
    if (one[router.family === 4 ? 'dhcp4' : 'dhcp6'] === 'true') continue;
    const isNear = prefixes.some((prefix) => isWithin(prefix, router)) || isOnLink(router);
    if (!isGateway && !isLinkLocal(router) && !isNear)
      return fault(`${at}.via`, `${via} is in no network of this interface, and is not its gateway`);
  }
  return undefined;
}

/** RFC 8200, 5. */
function mtuFault(one: Interface): ObjectFault | undefined {
  if (one.mtu === undefined || Number(one.mtu) >= 1280) return undefined;
  if (familyOf(one.addresses ?? [], 6).length > 0) return fault('mtu', 'expected at least 1280 for IPv6');
  const advice = 'expected at least 1280 for IPv6; if there is none, write dhcp6: false';
  return hasDhcp(one, 6) ? fault('mtu', advice) : undefined;
}

/** Somebody to ask; and connman, to which DHCP alone is left, finds no card by driver or path. */
function dhcpFault(one: Interface): ObjectFault | undefined {
  if (one.bridge?.members.length === 0) {
    const asks = (['dhcp4', 'dhcp6'] as const).find((name) => one[name] === 'true');
    if (asks !== undefined) return fault(asks, 'has nobody to ask: the bridge has no members');
  }
  if ((one.driver ?? one.path) === undefined || isMade(one) || handling(one) !== undefined) return undefined;
  const field = (['dhcp4', 'dhcp6', 'nameservers', 'search'] as const).find(
    (name) => one[name] !== undefined,
  );
  return field === undefined
    ? undefined
    : fault(field, 'needs name or mac to find the interface, as long as DHCP gives the addresses');
}
