/**
 * `ip=` of the kernel and what dracut adds to it, as interfaces of bos.network. Pure.
 * Linux, Documentation/admin-guide/nfs/nfsroot.rst; dracut.cmdline(7), "Network".
 */
import { bondMode } from '../checks/network/bond-modes.ts';
import type { Interface } from '../checks/network/model.ts';
import { membersOf } from '../checks/network/model.ts';
import { addressBits, isLinkLocal, isWithin, readPrefix } from '../checks/network/prefixes.ts';
import type { KernelArgument } from './kernel-arguments.ts';
import {
  type Fault,
  type Fields,
  fieldsOf,
  maskLength,
  methodOf,
  NetworkFault,
  plain,
  vlanIdOf,
} from './kernel-network-fields.ts';

export interface KernelNetwork {
  /** Empty when every interface is left to DHCP. */
  readonly interfaces: readonly Interface[];
  /** The argument that says most of each, by name: where its faults are told. */
  readonly origins: ReadonlyMap<string, KernelArgument>;
  readonly faults: readonly Fault[];
}

const ownNames = new Set(['ip', 'ifname', 'vlan', 'bond', 'bridge', 'nameserver', 'rd.route']);

/** Never throws; an argument with a fault says nothing. */
export function kernelNetwork(all: readonly KernelArgument[]): KernelNetwork {
  const reader = new Reader();
  // What is waiting for interfaces comes when all of these are known.
  const late = (name: string) => name === 'nameserver' || name === 'rd.route';
  const own = all.filter(({ name, value }) => ownNames.has(name) && value !== undefined);
  for (const argument of own) if (!late(argument.name)) reader.read(argument);
  for (const argument of own) if (late(argument.name)) reader.read(argument);
  return reader.end();
}

type Draft = { -readonly [K in keyof Interface]: Interface[K] };

class Reader {
  readonly #drafts = new Map<string, Draft>();
  readonly #origins = new Map<string, KernelArgument>();
  readonly #faults: Fault[] = [];

  read(argument: KernelArgument): void {
    const value = argument.value ?? '';
    const fields = fieldsOf(value);
    try {
      if (fields === undefined) throw new NetworkFault('has a bracket that is not closed');
      if (argument.name === 'ip') this.#ip(argument, value, fields);
      else if (argument.name === 'ifname') this.#ifname(argument, value);
      else if (argument.name === 'vlan') this.#vlan(argument, fields);
      else if (argument.name === 'bond') this.#bond(argument, fields);
      else if (argument.name === 'bridge') this.#bridge(argument, fields);
      else if (argument.name === 'rd.route') this.#route(fields);
      else this.#nameserver(value);
    } catch (error) {
      if (!(error instanceof NetworkFault)) throw error;
      const { severity, message } = error;
      this.#faults.push({ argument, severity, message });
    }
  }

  end(): KernelNetwork {
    const members = membersOf([...this.#drafts.values()]);
    for (const one of this.#drafts.values()) {
      const asks = one.dhcp4 ?? one.dhcp6;
      // What a bond or a bridge is made of asks nobody.
      if (members.has(one.name) || asks === undefined) continue;
      if (one.dhcp4 === undefined && (one.addresses ?? []).length === 0) one.dhcp4 = 'false';
    }
    return { interfaces: [...this.#drafts.values()], origins: this.#origins, faults: this.#faults };
  }

  #entry(name: string, argument?: KernelArgument): Draft {
    const draft = this.#drafts.get(name) ?? { name };
    this.#drafts.set(name, draft);
    if (argument !== undefined) this.#origins.set(name, argument);
    return draft;
  }

  /** METHOD, INTERFACE:METHOD[:MTU[:MAC]], CLIENT:PEER:GATEWAY:MASK:HOST:INTERFACE[:METHOD[:MTU[:MAC] or :DNS[:DNS]]] */
  #ip(argument: KernelArgument, value: string, fields: Fields): void {
    if (fields.length === 1 && methodOf(value) !== undefined) return;
    const [first = '', second = ''] = fields;
    if (first !== '' && addressBits(plain(first)) === undefined && methodOf(second) !== undefined) {
      const [mtu = '', ...mac] = fields.slice(2);
      this.#settings(argument, first, second, [mtu, ...mac]);
      return;
    }
    const [client = '', , gateway = '', mask = '', , name = '', method = '', ...more] = fields;
    if (name === '') {
      if (client === '') return;
      throw new NetworkFault('names no interface, so it is not used', 'warning');
    }
    if (client === '') {
      this.#settings(argument, name, method, more);
      return;
    }
    const draft = this.#entry(name, argument);
    this.#address(draft, client, mask, gateway);
    if (method !== '' && !['none', 'off'].includes(method)) this.#ask(draft, method);
    this.#more(draft, more);
  }

  #address(draft: Draft, client: string, mask: string, gateway: string): void {
    const read = addressBits(plain(client));
    if (read === undefined) throw new NetworkFault(`expected an IP address, found "${client}"`);
    const length = maskLength(mask, read.family);
    if (length === undefined)
      throw new NetworkFault(`expected a netmask or the length of the network, found "${mask}"`);
    const prefix = readPrefix(`${plain(client)}/${length}`);
    draft.addresses = [...(draft.addresses ?? []), `${plain(client)}/${length}`];
    if (gateway === '') return;
    const router = addressBits(plain(gateway));
    if (router?.family !== read.family)
      throw new NetworkFault(`expected a gateway of IPv${read.family}, found "${gateway}"`);
    if (read.family === 4) draft.gateway4 = plain(gateway);
    else draft.gateway6 = plain(gateway);
    // The kernel and dracut take a gateway for one that is on the link.
    if (prefix !== undefined && !isWithin(prefix, router) && !isLinkLocal(router)) draft.on_link = 'true';
  }

  /** Without an address. */
  #settings(argument: KernelArgument, name: string, method: string, more: Fields): void {
    const draft = this.#entry(name, argument);
    this.#ask(draft, method === '' ? 'any' : method);
    this.#more(draft, more);
  }

  #ask(draft: Draft, method: string): void {
    const asked = methodOf(method);
    if (asked === undefined) throw new NetworkFault(`"${method}" cannot be done here; DHCP stays`, 'warning');
    if (asked.includes(4)) draft.dhcp4 = 'true';
    if (asked.includes(6)) draft.dhcp6 = 'true';
    if (asked.length > 0) return;
    draft.dhcp4 ??= 'false';
    draft.dhcp6 ??= 'false';
  }

  #more(draft: Draft, more: Fields): void {
    const [first = '', ...rest] = more;
    const servers = [first, ...rest.slice(0, 1)].map(plain).filter((text) => addressBits(text) !== undefined);
    if (servers.length > 0) draft.nameservers = [...(draft.nameservers ?? []), ...servers];
    else if (first !== '') draft.mtu = first;
    if (servers.length === 0 && rest.some((part) => part !== ''))
      throw new NetworkFault('gives a MAC address, which cannot be set here', 'warning');
  }

  /** NAME:MAC */
  #ifname(argument: KernelArgument, value: string): void {
    const [, name = '', mac = ''] = /^([^:]+):(.+)$/.exec(value) ?? [];
    this.#entry(name, argument).mac = mac.toLowerCase();
  }

  /** NAME:INTERFACE; the number is in the name: vlan5, vlan0005, eth0.5, eth0.0005. */
  #vlan(argument: KernelArgument, [name = '', link = '']: Fields): void {
    const id = vlanIdOf(name);
    if (id === undefined) throw new NetworkFault(`expected a name such as vlan5 or eth0.5, found "${name}"`);
    this.#entry(link);
    this.#entry(name, argument).vlan = { id, link };
  }

  /** [NAME[:MEMBERS[:OPTIONS[:MTU]]]] */
  #bond(argument: KernelArgument, [name = '', members = 'eth0,eth1', options = '', mtu = '']: Fields): void {
    const mode = /(?:^|,)mode=([^,]*)/.exec(options)?.[1] ?? 'balance-rr';
    const named = list(members);
    for (const member of named) this.#entry(member);
    const draft = this.#entry(name === '' ? 'bond0' : name, argument);
    draft.bond = { members: named, mode: bondMode(mode) };
    if (mtu !== '') draft.mtu = mtu;
  }

  /** NAME:MEMBERS */
  #bridge(argument: KernelArgument, [name = '', members = '']: Fields): void {
    const named = list(members);
    for (const member of named) this.#entry(member);
    this.#entry(name === '' ? 'br0' : name, argument).bridge = { members: named };
  }

  /** NETWORK:GATEWAY[:INTERFACE] */
  #route([to = '', via = '', name = '']: Fields): void {
    const router = addressBits(plain(via));
    const all = [...this.#drafts.values()];
    const within = ({ addresses = [] }: Interface) =>
      router !== undefined && addresses.some((text) => isIn(text, router));
    const draft = name === '' ? all.find(within) : this.#drafts.get(name);
    if (draft === undefined) throw new NetworkFault('belongs to no interface that has an address here');
    draft.routes = [...(draft.routes ?? []), { to: plain(to), ...(via === '' ? {} : { via: plain(via) }) }];
  }

  #nameserver(value: string): void {
    const all = [...this.#drafts.values()];
    const members = membersOf(all);
    const draft =
      all.find((one) => (one.gateway4 ?? one.gateway6) !== undefined) ??
      all.find((one) => (one.addresses ?? []).length > 0 && !members.has(one.name));
    if (draft === undefined)
      throw new NetworkFault('needs an ip= with an address; write bos.dns_nameservers', 'warning');
    draft.nameservers = [...(draft.nameservers ?? []), plain(value)];
  }
}

const isIn = (text: string, router: { family: 4 | 6; bits: bigint }): boolean => {
  const prefix = readPrefix(text);
  return prefix !== undefined && isWithin(prefix, router);
};

const list = (text: string): string[] => text.split(',').filter((part) => part !== '');
