/**
 * What /usr/lib/bhojpur/network does with the interfaces of bos.network, an order a line. Of connman's own it does what
 * connman leaves alone: it makes VLANs and bonds, and sets MTU and wake on LAN. Where an interface of its asks for
 * addresses, all of them are systemd-networkd's, for which it writes a file (network-file.ts). Pure.
 */
import type { Interface } from '../../../../config/checks/network/model.ts';
import { askedBeside, isMade, membersOf, ours, partsOf } from '../../../../config/checks/network/model.ts';
import { addressBits, isWithin, readPrefix } from '../../../../config/checks/network/prefixes.ts';
import { networkFile } from './network-file.ts';

/** Empty when connman can do all of it. Each value fits its check: no word has a blank. */
export function networkPlan(all: readonly Interface[]): string {
  const own = new Set(ours(all));
  const touched = all.filter(
    (one) => own.has(one) || isMade(one) || one.mtu !== undefined || one.wake_on_lan !== undefined,
  );
  const members = membersOf(all);
  const parts = new Set(all.flatMap(partsOf));
  const isLed = all.some(({ gateway4, gateway6 }) => (gateway4 ?? gateway6) !== undefined);
  const ordered = inOrder(touched);
  const lines = [
    ...touched.filter((one) => !isMade(one)).map((one) => `find ${one.name} ${matchOf(one)}`),
    ...ordered.flatMap((one) => [...making(one), ...settings(one)]),
    // Of a bond that is up members would lose what comes later.
    ...ordered.filter((one) => own.has(one)).flatMap((one) => [`own ${one.name}`, `up ${one.name}`]),
    ...ordered
      .filter((one) => own.has(one) && !members.has(one.name))
      .flatMap((one) => {
        const asked = askedBeside(one, parts);
        return asked.length === 0 ? addressing(one) : asking(one, asked, isLed);
      }),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function matchOf({ name, mac, driver, path }: Interface): string {
  const words = [
    ...(path === undefined ? [] : [`path ${path}`]),
    ...(mac === undefined ? [] : [`mac ${mac.toLowerCase()}`]),
    ...(driver === undefined ? [] : [`driver ${driver}`]),
  ];
  return words.length === 0 ? `name ${name}` : words.join(' ');
}

/** Parts before what is made of them. The checks have refused circles. */
function inOrder(all: readonly Interface[]): readonly Interface[] {
  const byName = new Map(all.map((one) => [one.name, one]));
  const done = new Set<Interface>();
  const add = (one: Interface): void => {
    if (done.has(one)) return;
    for (const part of partsOf(one)) {
      const other = byName.get(part);
      if (other !== undefined) add(other);
    }
    done.add(one);
  };
  for (const one of all) add(one);
  return [...done];
}

function making({ name, vlan, bond, bridge }: Interface): string[] {
  if (vlan !== undefined) return [`vlan ${name} ${vlan.id} ${vlan.link}`];
  if (bond !== undefined) return [['bond', name, bond.mode ?? 'active-backup', ...bond.members].join(' ')];
  return bridge === undefined ? [] : [['bridge', name, ...bridge.members].join(' ')];
}

/** ethtool(8): `g` is the magic packet, `d` nothing. */
const settings = ({ name, mtu, wake_on_lan }: Interface): string[] => [
  ...(mtu === undefined ? [] : [`mtu ${name} ${mtu}`]),
  ...(wake_on_lan === undefined ? [] : [`wake ${name} ${wake_on_lan === 'true' ? 'g' : 'd'}`]),
];

function addressing(one: Interface): string[] {
  const { name, addresses = [], gateway4, gateway6, on_link, routes = [] } = one;
  const onLink = on_link === 'true' ? ' onlink' : '';
  const gateways = [
    ...(gateway4 === undefined ? [] : [`route ${name} -4 default via ${gateway4}${onLink}`]),
    ...(gateway6 === undefined ? [] : [`route ${name} -6 default via ${gateway6}${onLink}`]),
  ];
  return [
    ...addresses.map((address) => `address ${name} ${address}`),
    // A router that is on the link for the default route is so for others.
    ...gateways,
    ...inTurn(routes).map(({ to, via, metric }) => {
      const isGateway = via !== undefined && (via === gateway4 || via === gateway6);
      const words = [
        ...(via === undefined ? [] : ['via', via, ...(isGateway && onLink !== '' ? ['onlink'] : [])]),
        ...(metric === undefined ? [] : ['metric', metric]),
      ];
      return [`route ${name} ${to.includes(':') ? '-6' : '-4'} ${to}`, ...words].join(' ');
    }),
    ...(gateways.length === 0 ? [] : [`out ${name}`]),
  ];
}

/** What is on the link comes before the routes whose router is there, without which the kernel refuses them. */
function inTurn(routes: NonNullable<Interface['routes']>): NonNullable<Interface['routes']> {
  const routers = routes.flatMap(({ via }) => addressBits(via ?? '') ?? []);
  const isFirst = (one: (typeof routes)[number]) => {
    const target = one.via === undefined ? readPrefix(one.to) : undefined;
    return target !== undefined && routers.some((router) => isWithin(target, router));
  };
  return [...routes.filter(isFirst), ...routes.filter((one) => !isFirst(one))];
}

/** Who has a router by hand waits for no lease. */
function asking(one: Interface, asked: readonly (4 | 6)[], isLed: boolean): string[] {
  const file = ['ask', one.name, ...networkFile(one, asked)].join(' ');
  const isOut = (one.gateway4 ?? one.gateway6) !== undefined;
  if (isLed) return [file, ...(isOut ? [`out ${one.name}`] : [])];
  return [file, `out ${one.name} ${asked.includes(4) ? '-4' : '-6'}`];
}

/** resolv.conf(5) for what the unit sets up; connman writes that of its own services. */
export function ownNameservers(all: readonly Interface[]): string {
  const own = ours(all);
  const servers = [...new Set(own.flatMap(({ nameservers = [] }) => nameservers))];
  const search = [...new Set(own.flatMap((one) => one.search ?? []))];
  return [
    ...servers.map((server) => `nameserver ${server}\n`),
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}\n`]),
  ].join('');
}

/** Whether something of the unit's leads out, so that nobody has to wait for connman. */
export const leadsOut = (plan: string): boolean => /^out /m.test(plan);

/** Whether systemd-networkd asks for addresses. */
export const asksBeside = (plan: string): boolean => /^ask /m.test(plan);
