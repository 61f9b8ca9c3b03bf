/**
 * How a running Linux reaches its network, as bos.network: from what `ip -j` says (iproute2, ip(8)) and resolv.conf(5).
 * Containers' interfaces, tunnels and what else is made are left out, and told. Pure.
 */
import { networkOf } from '../checks/network/prefixes.ts';
import { field, items, type Meaning, text } from '../seed/meaning.ts';
import { askedByConnman } from './from-connman.ts';
import { type Draft, type Gathered, warn } from './gathered.ts';
import { meaningOf } from './network-config.ts';
import { tellLosses, tellRules } from './running-losses.ts';
import { dropGatewayRoutes, leasedAddresses, readRoutes } from './running-routes.ts';
import { defaultDevices } from './running-ways.ts';

export interface RunningNetwork {
  /** Of `ip -j -d address show`. */
  readonly links: unknown;
  /** Of `ip -j -4 route show` and `ip -j -6 route show`: the table `main`. */
  readonly routes: readonly unknown[];
  readonly resolvConf: string;
  /** Of `ip -j rule show` and `ip -j -6 rule show`; undefined: nobody has looked. */
  readonly rules?: readonly unknown[];
  /** What connman says of its services (from-connman.ts); undefined where there is none. */
  readonly connman?: unknown;
  /** Names of the interfaces that are radios. */
  readonly wireless?: readonly string[];
}

/** Of udev and containers: nobody writes these into a configuration. */
const passing =
  /^(veth|cni|flannel|cilium|lxc|cali|docker|br-|virbr|vmnet|vboxnet|kube-|nodelocaldns|podman)/;

/** A bridge of such a name may be the way out all the same. */
export const isPassing = (name: string, { routes }: RunningNetwork): boolean =>
  passing.test(name) && !defaultDevices(routes).has(name);

/** Never throws. Notes say what cannot be taken over. */
export function fromRunning(running: RunningNetwork): Meaning {
  return meaningOf((gathered) => {
    const drafts = runningInterfaces(running, gathered);
    for (const family of running.routes) readRoutes(family, drafts, gathered);
    for (const draft of drafts.values()) dropGatewayRoutes(draft);
    tellLosses(items(running.links), drafts, gathered);
    tellRules(running.rules ?? [], gathered);
    nameServers(running.resolvConf, [...drafts.values()], gathered);
    const parts = new Set([...drafts.values()].flatMap(partNames));
    // One that is down and that nothing is made of says nothing.
    gathered.interfaces.push(...[...drafts.values()].filter((one) => isUsed(one) || parts.has(one.name)));
  });
}

/** What can be carried over, with its addresses; what cannot is told. */
export function runningInterfaces(running: RunningNetwork, gathered: Gathered): Map<string, Draft> {
  const links = carriers(running, gathered);
  const asked = askedByConnman(running.connman);
  const drafts = new Map<string, Draft>();
  for (const link of links) {
    const draft = isPassing(text(field(link, 'ifname')) ?? '', running)
      ? undefined
      : draftOf(link, links, gathered);
    if (draft === undefined) continue;
    drafts.set(draft.name, draft);
    const leased = leasedAddresses(running.routes, draft.name);
    const addresses = items(field(link, 'addr_info')).flatMap((info) => addressOf(info) ?? []);
    const isAsked = ({ key, info, local }: Address) =>
      field(info, 'dynamic') === true || leased.has(local) || asked.get(draft.name)?.[key] === true;
    takeAddresses(draft, addresses, isAsked, gathered);
  }
  for (const draft of drafts.values()) keepMembers(draft, drafts);
  for (const { name, bridge } of [...drafts.values()])
    if (bridge?.members.length === 0 && !defaultDevices(running.routes).has(name)) {
      warn(gathered, name, 'a bridge without a network card cannot be reached; it is left out');
      drafts.delete(name);
    }
  return drafts;
}

/** Interfaces of Ethernet, and what passes for one. Of the others it is said what leads somewhere by them. */
function carriers(running: RunningNetwork, gathered: Gathered): readonly unknown[] {
  const { links, wireless = [] } = running;
  return items(links).filter((link) => {
    const name = text(field(link, 'ifname')) ?? '';
    const type = text(field(link, 'link_type'));
    const isRadio = wireless.includes(name);
    if (type === 'ether' && !isRadio) return true;
    const leads = items(field(link, 'addr_info')).some((info) => field(info, 'scope') === 'global');
    if (type === 'loopback' || !leads || isPassing(name, running)) return false;
    const what = isRadio ? 'a wireless network' : `a ${vpn(link) ?? `link of type "${type ?? ''}"`}`;
    warn(gathered, name, `${what} cannot be carried over; it is left out`);
    return false;
  });
}

const vpn = (link: unknown): string | undefined => {
  const kind = text(field(field(link, 'linkinfo'), 'info_kind'));
  if (kind === 'wireguard' || kind === 'tun') return `VPN (${kind})`;
  return text(field(link, 'link_type')) === 'ppp' ? 'PPP link' : undefined;
};

const partNames = ({ vlan, bond, bridge }: Draft): readonly string[] => [
  ...(vlan === undefined ? [] : [vlan.link]),
  ...(bond?.members ?? []),
  ...(bridge?.members ?? []),
];
const isUsed = ({ addresses = [], dhcp4, dhcp6, vlan, bond, bridge }: Draft): boolean =>
  addresses.length > 0 || (dhcp4 ?? dhcp6) === 'true' || (vlan ?? bond ?? bridge) !== undefined;

/** Without those of containers and virtual machines, which come and go. */
function keepMembers(draft: Draft, drafts: ReadonlyMap<string, Draft>): void {
  for (const kind of ['bond', 'bridge'] as const) {
    const made = draft[kind];
    if (made !== undefined)
      draft[kind] = { ...made, members: made.members.filter((name) => drafts.has(name)) };
  }
}

function draftOf(link: unknown, links: readonly unknown[], gathered: Gathered): Draft | undefined {
  const name = text(field(link, 'ifname')) ?? '';
  const info = field(link, 'linkinfo');
  const kind = text(field(info, 'info_kind'));
  const draft: Draft = { name };
  const members = () =>
    links.filter((one) => text(field(one, 'master')) === name).map((one) => text(field(one, 'ifname')) ?? '');
  const data = field(info, 'info_data');
  if (kind === 'vlan') {
    draft.vlan = { id: text(field(data, 'id')) ?? '', link: text(field(link, 'link')) ?? '' };
    if (text(field(data, 'protocol')) !== '802.1Q') warn(gathered, name, 'only VLANs of 802.1Q are possible');
  } else if (kind === 'bond') draft.bond = { members: members(), mode: text(field(data, 'mode')) ?? '' };
  else if (kind === 'bridge') draft.bridge = { members: members() };
  else if (kind === undefined) {
    // A member of a bond shows the address of the bond.
    const slave = field(field(info, 'info_slave_data'), 'perm_hwaddr');
    draft.mac = text(slave) ?? text(field(link, 'permaddr')) ?? text(field(link, 'address')) ?? '';
  } else {
    // One that nobody has turned on is no loss.
    if (items(field(link, 'flags')).includes('UP'))
      warn(gathered, name, `an interface of kind "${kind}" cannot be set up here; it is left out`);
    return undefined;
  }
  const mtu = text(field(link, 'mtu'));
  if (mtu !== undefined && mtu !== '1500') draft.mtu = mtu;
  return draft;
}

interface Address {
  readonly key: 'dhcp4' | 'dhcp6';
  readonly local: string;
  readonly length: string;
  readonly info: unknown;
}

function addressOf(info: unknown): Address | undefined {
  const local = text(field(info, 'local'));
  const length = text(field(info, 'prefixlen'));
  if (local === undefined || length === undefined || field(info, 'scope') !== 'global') return undefined;
  return { key: local.includes(':') ? 'dhcp6' : 'dhcp4', local, length, info };
}

/** What DHCP or a router gave ends with its lifetime, and is asked for again. */
function takeAddresses(
  draft: Draft,
  all: readonly Address[],
  isAsked: (one: Address) => boolean,
  gathered: Gathered,
): void {
  const fixed = all.filter((one) => !isAsked(one));
  for (const one of all) {
    const isLease = isAsked(one);
    const beside = fixed.find(({ key }) => key === one.key);
    if (isLease && (one.key === 'dhcp6' || beside === undefined)) {
      draft[one.key] = 'true';
      continue;
    }
    // Without it the machine would be reached by another address than before.
    if (isLease && beside !== undefined)
      warn(
        gathered,
        draft.name,
        `${one.local} of DHCP becomes a fixed address beside ${beside.local}, so that both stay`,
      );
    const peer = text(field(one.info, 'address'));
    const isAlone = peer !== undefined && peer !== one.local;
    const length = isAlone ? (one.key === 'dhcp6' ? '128' : '32') : one.length;
    draft.addresses = [...(draft.addresses ?? []), `${one.local}/${length}`];
    // The network is that of the other end.
    const network = isAlone ? networkOf(`${peer}/${one.length}`) : undefined;
    if (network !== undefined) draft.routes = [...(draft.routes ?? []), { to: network }];
  }
}

/** Of the interface that leads out, or of one with fixed addresses where nobody learns them by DHCP. */
function nameServers(resolvConf: string, drafts: readonly Draft[], gathered: Gathered): void {
  const lines = resolvConf.split('\n').map((line) => line.trim().split(/\s+/));
  const servers = lines.flatMap(([word, value]) =>
    word === 'nameserver' && value !== undefined ? [value] : [],
  );
  // systemd-resolved writes a lone dot, which is not a domain.
  const search = lines
    .flatMap(([word, ...values]) => (word === 'search' || word === 'domain' ? values : []))
    .map((domain) => domain.replace(/\.$/, ''))
    .filter((domain) => domain !== '');
  const usable = servers.filter((server) => !/^(127\.|::1$)/.test(server));
  if (usable.length < servers.length)
    warn(gathered, 'resolv.conf', 'a name server of this machine itself is left out');
  const out =
    drafts.find(({ gateway4, gateway6 }) => (gateway4 ?? gateway6) !== undefined) ??
    (drafts.some(({ dhcp4, dhcp6 }) => (dhcp4 ?? dhcp6) === 'true')
      ? undefined
      : drafts.find(({ addresses = [] }) => addresses.length > 0));
  if (out === undefined) return;
  if (usable.length > 0) out.nameservers = [...new Set(usable)];
  if (search.length > 0) out.search = [...new Set(search)];
}
