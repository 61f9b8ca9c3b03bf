/**
 * network-config of version 1. Pure.
 * https://docs.cloud-init.io/en/latest/reference/network-config-format-v1.html
 */

import { pushAll } from '../../formats/long-lists.ts';
import { bondMode } from '../checks/network/bond-modes.ts';
import { addressBits, isNetwork, isWithin, readPrefix } from '../checks/network/prefixes.ts';
import { field, items, text, texts } from '../seed/meaning.ts';
import {
  areTooMany,
  type Draft,
  entries,
  flag,
  type Gathered,
  labelOf,
  oneLine,
  tellOthers,
  warn,
} from './gathered.ts';
import { addGateway, addRoute, withMask } from './routes.ts';

const common = ['type', 'name', 'mtu', 'subnets', 'accept-ra'];
const known: Readonly<Record<string, readonly string[]>> = {
  physical: [...common, 'mac_address', 'wakeonlan'],
  bond: [...common, 'bond_interfaces', 'params'],
  bridge: [...common, 'bridge_interfaces', 'params'],
  vlan: [...common, 'vlan_link', 'vlan_id'],
};

export function readVersion1(network: unknown, gathered: Gathered): void {
  tellOthers(gathered, 'network', network, ['version', 'config']);
  const late: [string, unknown][] = [];
  const devices = items(field(network, 'config')).filter((item) =>
    Object.hasOwn(known, text(field(item, 'type')) ?? ''),
  );
  if (areTooMany(gathered, 'config', devices.length)) return;
  const names = namesOf(devices, gathered);
  for (const [index, item] of items(field(network, 'config')).entries()) {
    const type = text(field(item, 'type')) ?? '';
    const at = `config[${index}]`;
    if (type === 'loopback') continue;
    if (Object.hasOwn(known, type)) readDevice(item, type, at, names, gathered);
    else if (type === 'nameserver' || type === 'route') late.push([at, item]);
    else warn(gathered, at, `an interface of type "${type}" cannot be set up here`);
  }
  // What is for interfaces comes when all of these are known.
  for (const [at, item] of late) {
    if (text(field(item, 'type')) === 'route') readRoute(item, at, gathered);
    else readNameserver(item, at, names, gathered);
  }
}

const short: Readonly<Record<string, string>> = { bond: 'bond', bridge: 'br', vlan: 'vlan' };

interface Names {
  /** By the name it has there, of the first that has it. */
  readonly byId: ReadonlyMap<string, string>;
  readonly byItem: ReadonlyMap<unknown, string>;
}

/** What each is called here: a name that Linux does not take would cost what is made its network. */
function namesOf(devices: readonly unknown[], gathered: Gathered): Names {
  const byId = new Map<string, string>();
  const byItem = new Map<unknown, string>();
  const ids = devices.map((item) => text(field(item, 'name')) ?? '');
  for (const [index, item] of devices.entries()) {
    const id = ids[index] ?? '';
    const type = text(field(item, 'type')) ?? '';
    const isCard = type === 'physical' && text(field(item, 'mac_address')) !== undefined;
    // Another entry for one that has been made, or for a card by its name.
    if (!isCard && (type === 'physical' || byId.has(id))) continue;
    const others = ids.filter((other) => other !== id);
    const name = labelOf(id, [...byItem.values(), ...others], isCard ? 'card' : (short[type] ?? type));
    if (name !== id && !isCard)
      warn(gathered, id, `no interface can have this name; it is called ${name} here`);
    if (!byId.has(id)) byId.set(id, name);
    byItem.set(item, name);
  }
  return { byId, byItem };
}

function readDevice(item: unknown, type: string, at: string, names: Names, gathered: Gathered): void {
  tellOthers(gathered, at, item, known[type] ?? []);
  const id = text(field(item, 'name')) ?? '';
  const mac = text(field(item, 'mac_address'));
  const aliased = mac === undefined ? aliasOf(id, names.byId, gathered) : undefined;
  if (aliased !== undefined) {
    readSubnets(aliased, item, at, gathered);
    return;
  }
  const isCard = type === 'physical' && mac !== undefined;
  const draft: Draft = { name: names.byItem.get(item) ?? oneLine(id), ...(isCard ? { mac } : {}) };
  const wake = flag(field(item, 'wakeonlan'));
  if (wake !== undefined) draft.wake_on_lan = String(wake);
  const mtu = text(field(item, 'mtu'));
  if (mtu !== undefined) draft.mtu = mtu;
  const nameOf = (name: string) => names.byId.get(name) ?? name;
  if (type === 'vlan')
    draft.vlan = {
      id: text(field(item, 'vlan_id')) ?? '',
      link: nameOf(text(field(item, 'vlan_link')) ?? ''),
    };
  const params = field(item, 'params');
  if (type === 'bond') {
    const members = texts(field(item, 'bond_interfaces')).map(nameOf);
    draft.bond = {
      members,
      mode: bondMode(text(field(params, 'bond-mode', 'bond_mode', 'mode')) ?? 'balance-rr'),
    };
    tellOthers(gathered, `${at}.params`, params, [
      ...['bond-mode', 'bond_mode', 'mode', 'bond-miimon', 'bond_miimon', 'miimon'],
    ]);
  }
  if (type === 'bridge') {
    draft.bridge = { members: texts(field(item, 'bridge_interfaces')).map(nameOf) };
    for (const [name, value] of entries(params))
      if (name !== 'bridge_stp' || flag(value) !== false)
        warn(gathered, `${at}.params.${name}`, 'cannot be set up here; it is left out');
  }
  readSubnets(draft, item, at, gathered);
  const routers = flag(field(item, 'accept-ra'));
  if (routers !== undefined) draft.dhcp6 = String(routers || draft.dhcp6 === 'true');
  gathered.interfaces.push(draft);
}

/** `eth0:0` is another name of eth0, for a further address, as ifconfig(8) had it. */
function aliasOf(
  id: string,
  names: ReadonlyMap<string, string>,
  { interfaces }: Gathered,
): Draft | undefined {
  const [, base = ''] = /^([^:]+):\d+$/.exec(id) ?? [];
  const name = names.get(base) ?? base;
  return base === '' ? undefined : interfaces.find((one) => one.name === name);
}

function readSubnets(draft: Draft, item: unknown, at: string, gathered: Gathered): void {
  for (const [index, subnet] of items(field(item, 'subnets')).entries())
    readSubnet(draft, subnet, `${at}.subnets[${index}]`, gathered);
}

const subnetFields = [
  ...['type', 'address', 'netmask', 'prefix', 'gateway', 'metric', 'dns_nameservers', 'dns_search', 'routes'],
  // The broadcast address follows from the mask, and every interface here is set up at boot.
  ...['broadcast', 'control'],
  // Hetzner says with these what the address says, too.
  ...['ipv4', 'ipv6'],
];
const sixth = ['dhcp6', 'ipv6_slaac', 'ipv6_dhcpv6-stateless', 'ipv6_dhcpv6-stateful'];

function readSubnet(draft: Draft, subnet: unknown, at: string, gathered: Gathered): void {
  tellOthers(gathered, at, subnet, subnetFields);
  const address = text(field(subnet, 'address'));
  const type = text(field(subnet, 'type')) ?? (address === undefined ? '' : 'static');
  if (type === 'dhcp' || type === 'dhcp4') draft.dhcp4 = 'true';
  else if (sixth.includes(type)) draft.dhcp6 = 'true';
  else if (type === 'static' || type === 'static6') {
    // Without a mask it is what cloud-init takes.
    const mask = text(field(subnet, 'netmask', 'prefix')) ?? ((address ?? '').includes(':') ? '64' : '24');
    draft.addresses = [...(draft.addresses ?? []), oneLine(withMask(address ?? '', mask))];
  } else if (type !== 'manual')
    warn(gathered, at, `a subnet of type "${type}" cannot be set up here; it is left out`);
  else if (address !== undefined)
    warn(gathered, `${at}.address`, 'nothing sets it up in a subnet of type "manual"; it is left out');
  const metric = text(field(subnet, 'metric'));
  for (const via of texts(field(subnet, 'gateway'))) addGateway(gathered, draft, at, via, metric);
  const nameservers = listed(field(subnet, 'dns_nameservers'));
  const search = listed(field(subnet, 'dns_search'));
  if (nameservers.length > 0) draft.nameservers = [...(draft.nameservers ?? []), ...nameservers];
  if (search.length > 0) draft.search = [...(draft.search ?? []), ...search];
  for (const [index, route] of items(field(subnet, 'routes')).entries()) {
    const place = `${at}.routes[${index}]`;
    tellOthers(gathered, place, route, routeFields);
    addRoute(gathered, draft, place, routeOf(route));
  }
}

/** A list, or one text with blanks. */
const listed = (value: unknown): string[] =>
  texts(value).flatMap((part) => part.split(/\s+/).filter(Boolean));

const routeFields = ['network', 'destination', 'netmask', 'prefix', 'gateway', 'metric'];

/** Without a mask: what cloud-init takes, and of what is no network a single machine. */
function targetOf(route: unknown): string {
  const network = text(field(route, 'network', 'destination')) ?? '';
  const mask = text(field(route, 'netmask', 'prefix'));
  if (mask !== undefined || network.includes('/')) return withMask(network, mask);
  const read = addressBits(network);
  if (read?.bits === 0n) return `${network}/0`;
  const usual = readPrefix(`${network}/${read?.family === 6 ? 64 : 24}`);
  return usual !== undefined && isNetwork(usual) ? `${network}/${usual.length}` : withMask(network, mask);
}

const routeOf = (route: unknown) => ({
  to: targetOf(route),
  via: text(field(route, 'gateway')),
  metric: text(field(route, 'metric')),
  onLink: false,
});

/** Of the interface in whose network its gateway is. */
function readRoute(item: unknown, at: string, gathered: Gathered): void {
  tellOthers(gathered, at, item, ['type', 'id', ...routeFields]);
  const route = routeOf(item);
  const router = addressBits(route.via ?? '');
  const within = gathered.interfaces.find(({ addresses = [] }) =>
    addresses.some((address) => {
      const prefix = readPrefix(address);
      return prefix !== undefined && router !== undefined && isWithin(prefix, router);
    }),
  );
  // The network of the only one that asks nobody knows yet.
  const asking = gathered.interfaces.filter(
    (one) => router !== undefined && one[router.family === 4 ? 'dhcp4' : 'dhcp6'] === 'true',
  );
  const draft = within ?? (asking.length === 1 ? asking[0] : undefined);
  if (draft === undefined) warn(gathered, at, 'its gateway is in no network of an interface; it is left out');
  else addRoute(gathered, draft, at, route);
}

function readNameserver(item: unknown, at: string, names: Names, gathered: Gathered): void {
  tellOthers(gathered, at, item, ['type', 'address', 'search', 'interface']);
  const addresses = listed(field(item, 'address'));
  const search = listed(field(item, 'search'));
  const given = text(field(item, 'interface'));
  const wanted = names.byId.get(given ?? '') ?? given;
  const draft = gathered.interfaces.find(({ name }) => name === wanted);
  if (given !== undefined && draft === undefined)
    warn(gathered, `${at}.interface`, `there is no interface "${given}"; it is for the whole machine`);
  if (draft === undefined) pushAll(gathered.nameservers, addresses);
  else if (addresses.length > 0) draft.nameservers = [...(draft.nameservers ?? []), ...addresses];
  const first = draft ?? gathered.interfaces.find((one) => (one.addresses ?? []).length > 0);
  if (search.length === 0) return;
  if (first === undefined) warn(gathered, `${at}.search`, 'belongs to no interface; it is left out');
  else first.search = [...(first.search ?? []), ...search];
}
