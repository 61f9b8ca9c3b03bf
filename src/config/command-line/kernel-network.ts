/**
 * `ip=` of the kernel and what dracut adds to it, as interfaces of bos.network. Pure.
 * Linux, Documentation/admin-guide/nfs/nfsroot.rst; dracut.cmdline(7), "Network".
 */
import type { Interface } from '../checks/network/model.ts';
import { isMade, membersOf } from '../checks/network/model.ts';
import { addressBits, isLinkLocal, isWithin, readPrefix } from '../checks/network/prefixes.ts';
import { nameServerAddress } from '../checks/network/values.ts';
import type { KernelArgument } from './kernel-arguments.ts';
import { type Draft, Drafts } from './kernel-network-drafts.ts';
import {
  type AddressField,
  addressOf,
  bootCard,
  type Fault,
  type Fields,
  fieldsOf,
  given,
  isFixed,
  maskLength,
  methodOf,
  NetworkFault,
  noAddress,
  noMethod,
  plain,
  usualLength,
  widthOf,
} from './kernel-network-fields.ts';
import { makers } from './kernel-network-made.ts';
import { addKernelRoute, addPeer } from './kernel-network-routes.ts';

export interface KernelNetwork {
  /** Empty when every interface is left to DHCP. */
  readonly interfaces: readonly Interface[];
  /** The argument that says most of each, by name: where its faults are told. */
  readonly origins: ReadonlyMap<string, KernelArgument>;
  /** Of the whole machine, as no interface here can have them, and the first argument that says so. */
  readonly nameservers: readonly string[];
  readonly nameserverOrigin: KernelArgument | undefined;
  readonly faults: readonly Fault[];
}

const early = new Set(['ip', 'ifname', ...Object.keys(makers)]);
/** What is waiting for interfaces comes when all of these are known. */
const late = new Set(['bootdev', 'rd.route', 'nameserver']);

/** Never throws; an argument with a fault says nothing. */
export function kernelNetwork(all: readonly KernelArgument[]): KernelNetwork {
  const reader = new Reader(bootCard(all));
  for (const argument of all) if (early.has(argument.name)) reader.read(argument);
  reader.askOthers();
  for (const name of late) for (const argument of all) if (argument.name === name) reader.read(argument);
  return reader.end();
}

class Reader {
  readonly #drafts = new Drafts();
  readonly #faults: Fault[] = [];
  readonly #servers: string[] = [];
  readonly #bootCard: string | undefined;
  #serverOrigin: KernelArgument | undefined;
  /** Some `ip=` names an interface, so that what is made without a word of its own is not meant to ask. */
  #names = false;
  /** An `ip=` asks on every interface. */
  #asksAll = false;

  constructor(card: string | undefined) {
    this.#bootCard = card;
  }

  read(argument: KernelArgument): void {
    const { name, value = '' } = argument;
    const maker = makers[name];
    // All but these say nothing without a value.
    if (value === '' && maker === undefined) return;
    const fields = fieldsOf(value);
    try {
      if (fields === undefined) throw new NetworkFault('has a bracket that is not closed');
      if (maker !== undefined) this.#tell(argument, maker(this.#drafts, argument, fields));
      else if (name === 'ip') this.#ip(argument, value, fields);
      else if (name === 'ifname') this.#ifname(argument, value);
      else if (name === 'bootdev') this.#bootdev(argument, value);
      else if (name === 'rd.route')
        addKernelRoute(this.#drafts, argument, fields, this.#asksAll || !this.#names);
      else this.#nameserver(argument, plain(value));
    } catch (error) {
      if (!(error instanceof NetworkFault)) throw error;
      const { severity, message } = error;
      this.#faults.push({ argument, severity, message });
    }
  }

  /** Where every interface asks, what is made of them does it in their place, and what a VLAN is on beside it. */
  askOthers(): void {
    if (this.#names && !this.#asksAll) return;
    const all = this.#drafts.all();
    const members = membersOf(all);
    const links = new Set(all.flatMap(({ vlan }) => vlan?.link ?? []));
    for (const one of all) {
      const says = (one.addresses ?? one.dhcp4 ?? one.dhcp6) !== undefined;
      if (!says && !members.has(one.name) && (isMade(one) || links.has(one.name))) one.dhcp4 = 'true';
    }
  }

  end(): KernelNetwork {
    const all = this.#drafts.all();
    const members = membersOf(all);
    for (const one of all) {
      const asks = one.dhcp4 ?? one.dhcp6;
      // What a bond or a bridge is made of asks nobody.
      if (members.has(one.name) || asks === undefined) continue;
      if (one.dhcp4 === undefined && (one.addresses ?? []).length === 0) one.dhcp4 = 'false';
    }
    return {
      interfaces: all,
      origins: this.#drafts.origins,
      nameservers: this.#servers,
      nameserverOrigin: this.#serverOrigin,
      faults: this.#faults,
    };
  }

  #tell(argument: KernelArgument, messages: readonly string[]): void {
    for (const message of messages) this.#faults.push({ argument, severity: 'warning', message });
  }

  /** METHOD, INTERFACE:METHOD[:MTU[:MAC]], CLIENT:PEER:GATEWAY:MASK:HOST:INTERFACE[:METHOD[:MTU[:MAC] or :DNS[:DNS[:NTP]]]] */
  #ip(argument: KernelArgument, value: string, fields: Fields): void {
    const [first = '', second = ''] = fields;
    if (fields.length === 1 && addressOf(first) === undefined) {
      this.#everywhere(value);
      return;
    }
    const isShort = first !== '' && addressOf(first) === undefined;
    if (isShort && (methodOf(second) !== undefined || fields.length < 4)) {
      this.#settings(argument, first, second, fields.slice(2));
      return;
    }
    this.#long(argument, fields);
  }

  #everywhere(method: string): void {
    const asked = methodOf(method);
    if (asked === undefined) throw noMethod(method);
    if (asked.length > 0) this.#asksAll = true;
  }

  #long(argument: KernelArgument, fields: Fields): void {
    const [client = '', peer = '', gateway = '', mask = ''] = fields.slice(0, 4).map(given);
    const [, , , , , name = '', method = '', ...more] = fields;
    const isFirst = client === '' && peer === '' && gateway === '' && mask === '';
    if (name === '' && isFirst && methodOf(method) !== undefined) {
      this.#everywhere(method);
      return;
    }
    // PXELINUX's own ip=, without a method, is a lease that somebody else holds.
    const byBoot = name === 'BOOTIF' || (name === '' && method !== '' && isFixed(method));
    const draft =
      byBoot && this.#bootCard !== undefined ? this.#bootEntry(argument, this.#bootCard) : undefined;
    if (name === '' && draft === undefined) {
      if (isFirst) return;
      throw new NetworkFault('names no interface, so it is not used', 'warning');
    }
    if (client === '') {
      this.#settings(argument, draft?.name ?? name, method, more);
      return;
    }
    const read = addressOf(client);
    if (read === undefined) throw noAddress(client);
    this.#names = true;
    const one = draft ?? this.#drafts.entry(name, argument);
    this.#address(one, read, mask, gateway, peer);
    this.#more(argument, one, more);
    if (!isFixed(method)) this.#ask(one, method, 'the address is used');
  }

  #bootEntry(argument: KernelArgument, mac: string): Draft {
    const known = this.#drafts.all().find((one) => one.mac === mac);
    const draft = this.#drafts.entry(known?.name ?? 'bootif', argument);
    draft.mac = mac;
    return draft;
  }

  #address(draft: Draft, read: AddressField, mask: string, gateway: string, peer: string): void {
    const other = addressOf(peer);
    const own = mask === '' ? read.length : mask;
    const alone = other?.length === undefined ? usualLength(read) : widthOf(read);
    const length = own === undefined ? alone : maskLength(own, read.family);
    if (length === undefined)
      throw new NetworkFault(`expected a netmask or the length of the network, found "${own}"`);
    const address = `${read.address}/${length}`;
    const prefix = readPrefix(address);
    // Boot loaders may write a line twice.
    if (!draft.addresses?.includes(address)) draft.addresses = [...(draft.addresses ?? []), address];
    const router = addressBits(plain(gateway));
    if (gateway !== '') {
      if (router?.family !== read.family)
        throw new NetworkFault(`expected a gateway of IPv${read.family}, found "${gateway}"`);
      draft[read.family === 4 ? 'gateway4' : 'gateway6'] = plain(gateway);
      // The kernel and dracut take a gateway for one that is on the link.
      if (prefix !== undefined && !isWithin(prefix, router) && !isLinkLocal(router)) draft.on_link = 'true';
    }
    // Else it is the server of the kernel's NFS, which may be anywhere.
    const isPeer = other?.length !== undefined || (gateway === '' && length === widthOf(read));
    if (other !== undefined && isPeer && other.family === read.family) addPeer(draft, other);
  }

  /** Without an address. */
  #settings(argument: KernelArgument, name: string, method: string, more: Fields): void {
    const asked = method === '' ? 'any' : method;
    if (methodOf(asked) === undefined)
      throw addressOf(name) === undefined ? noMethod(asked) : noAddress(name);
    const isBoot = name === 'BOOTIF' && this.#bootCard !== undefined;
    const draft = isBoot ? this.#bootEntry(argument, this.#bootCard) : this.#drafts.entry(name, argument);
    this.#names = true;
    this.#ask(draft, asked, 'DHCP stays');
    this.#more(argument, draft, more);
  }

  #ask(draft: Draft, method: string, stays: string): void {
    const asked = methodOf(method);
    if (asked === undefined) throw new NetworkFault(`"${method}" cannot be done here; ${stays}`, 'warning');
    if (asked.includes(4)) draft.dhcp4 = 'true';
    if (asked.includes(6)) draft.dhcp6 = 'true';
    if (asked.length > 0 || draft.addresses !== undefined) return;
    draft.dhcp4 ??= 'false';
    draft.dhcp6 ??= 'false';
  }

  #more(argument: KernelArgument, draft: Draft, more: Fields): void {
    const [first = '', second = '', third = ''] = more;
    const servers = [first, second].map(plain).filter((text) => addressBits(text) !== undefined);
    if (servers.length > 0) {
      draft.nameservers = [...new Set([...(draft.nameservers ?? []), ...servers])];
      if (given(third) !== '')
        this.#tell(argument, [`its time server ${third} is not used; write bos.ntp_servers`]);
      return;
    }
    // Of an address of zeros the kernel makes none.
    if (given(first) !== '') draft.mtu = first;
    if (given(second) !== '') this.#tell(argument, ['gives a MAC address, which cannot be set here']);
  }

  /** NAME:MAC */
  #ifname(argument: KernelArgument, value: string): void {
    const [, name = '', mac = ''] = /^([^:]+):(.+)$/.exec(value) ?? [];
    this.#drafts.entry(name, argument).mac = mac.toLowerCase();
  }

  /** The one of several that leads out. */
  #bootdev(argument: KernelArgument, name: string): void {
    const all = this.#drafts.all();
    const out = all.find((one) => one.name === name);
    for (const key of ['gateway4', 'gateway6'] as const)
      for (const one of all) {
        const gateway = one[key];
        if (out?.[key] === undefined || one === out || gateway === undefined) continue;
        delete one[key];
        if ((one.gateway4 ?? one.gateway6) === undefined) delete one.on_link;
        this.#tell(argument, [`${one.name}: its gateway ${gateway} is left out, as ${name} leads out`]);
      }
  }

  #nameserver(argument: KernelArgument, server: string): void {
    const fault = nameServerAddress(server);
    if (fault !== undefined) throw new NetworkFault(fault);
    const all = this.#drafts.all();
    const members = membersOf(all);
    const draft =
      all.find((one) => (one.gateway4 ?? one.gateway6) !== undefined) ??
      all.find((one) => (one.addresses ?? []).length > 0 && !members.has(one.name)) ??
      all.find((one) => (one.dhcp4 ?? one.dhcp6) === 'true' && !members.has(one.name));
    if (draft !== undefined) {
      draft.nameservers = [...new Set([...(draft.nameservers ?? []), server])];
      return;
    }
    this.#serverOrigin ??= argument;
    if (!this.#servers.includes(server)) this.#servers.push(server);
  }
}
