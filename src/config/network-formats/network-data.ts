/**
 * network_data.json of OpenStack. Pure.
 * https://docs.openstack.org/nova/latest/user/metadata.html, "Metadata-OpenStack format";
 * https://opendev.org/openstack/nova/src/branch/master/doc/api_schemas/network_data.json
 */
import { pushAll } from '../../formats/long-lists.ts';
import { bondMode } from '../checks/network/bond-modes.ts';
import { field, items, text, texts } from '../seed/meaning.ts';
import { areTooMany, type Draft, type Gathered, labelOf, tellOthers, warn } from './gathered.ts';
import { addGateway, addRoute, withMask } from './routes.ts';

/** What a hypervisor plugs a card into, which the machine does not see. */
const cards = [
  ...['phy', 'physical', 'ethernet', 'vif', 'tap', 'ovs', 'bridge', 'dvs', 'hw_veb', 'hyperv'],
  ...['vhostuser', 'vrouter', 'other', 'cascading', 'bgpovs', 'hostdev_physical', 'ib_hostdev', 'macvtap'],
];
const common = ['id', 'type', 'name', 'mtu', 'ethernet_mac_address', 'vif_id'];
const known: Readonly<Record<string, readonly string[]>> = {
  bond: [...common, 'bond_links', 'bond_mode', 'bond_miimon'],
  // That of its link, which a VLAN has by itself.
  vlan: [...common, 'vlan_id', 'vlan_link', 'vlan_mac_address'],
};

export function readNetworkData(data: unknown, gathered: Gathered): void {
  tellOthers(gathered, 'network_data', data, ['links', 'networks', 'services']);
  const links = new Map<string, Draft>();
  const nameOf = (id: string) => links.get(id)?.name ?? id;
  const made: (readonly [unknown, Draft])[] = [];
  if (areTooMany(gathered, 'links', items(field(data, 'links')).length)) return;
  for (const [index, link] of items(field(data, 'links')).entries()) {
    const at = `links[${index}]`;
    const type = text(field(link, 'type')) ?? 'phy';
    const id = text(field(link, 'id')) ?? '';
    const isMade = type === 'bond' || type === 'vlan';
    if (!isMade && !cards.includes(type)) {
      warn(gathered, at, `a link of type "${type}" cannot be set up here; it is left out`);
      continue;
    }
    tellOthers(gathered, at, link, known[type] ?? common);
    const taken = [...links.values()].map(({ name }) => name);
    const draft: Draft = { name: labelOf(id, taken, isMade ? type : 'card') };
    const mac = text(field(link, 'ethernet_mac_address'));
    if (!isMade && mac !== undefined) draft.mac = mac;
    const mtu = text(field(link, 'mtu'));
    if (mtu !== undefined) draft.mtu = mtu;
    links.set(id, draft);
    if (isMade) made.push([link, draft]);
    gathered.interfaces.push(draft);
  }
  // A link may be named before it comes.
  for (const [link, draft] of made) {
    if (text(field(link, 'type')) === 'vlan') {
      const number = text(field(link, 'vlan_id')) ?? '';
      draft.vlan = { id: number, link: nameOf(text(field(link, 'vlan_link')) ?? '') };
    } else {
      const members = texts(field(link, 'bond_links')).map(nameOf);
      draft.bond = { members, mode: bondMode(text(field(link, 'bond_mode')) ?? 'balance-rr') };
    }
  }
  for (const [link, draft] of made) tellAddress(link, draft, gathered);
  for (const [index, network] of items(field(data, 'networks')).entries())
    readNetwork(network, links, `networks[${index}]`, gathered);
  pushAll(gathered.nameservers, dnsOf(field(data, 'services'), 'services', gathered));
  const search = items(field(data, 'services')).flatMap(searchOf);
  const out = gathered.interfaces.find(({ addresses = [] }) => addresses.length > 0);
  if (search.length > 0 && out !== undefined) out.search = [...new Set([...(out.search ?? []), ...search])];
  else if (search.length > 0)
    warn(gathered, 'services', 'its search domains belong to no interface; they are left out');
}

/** What is made has the address of what it is made of: the first card of a bond, the link of a VLAN. */
function tellAddress(link: unknown, draft: Draft, gathered: Gathered): void {
  const wanted = text(field(link, draft.vlan === undefined ? 'ethernet_mac_address' : 'vlan_mac_address'));
  let below: Draft | undefined = draft;
  // Longer than the list no chain is.
  for (
    let left = gathered.interfaces.length;
    left > 0 && below !== undefined && below.mac === undefined;
    left -= 1
  ) {
    const next: string | undefined = below.vlan?.link ?? below.bond?.members[0];
    below = gathered.interfaces.find(({ name }) => name === next);
  }
  const has = below?.mac;
  if (wanted === undefined || has === undefined || wanted.toLowerCase() === has.toLowerCase()) return;
  warn(gathered, draft.name, `the MAC address ${wanted} cannot be set up here; it has ${has}`);
}

const networkFields = [
  ...['id', 'type', 'link', 'ip_address', 'netmask', 'gateway', 'routes', 'services', 'dns_nameservers'],
  ...['dns_search', 'network_id'],
];
const sixth = ['ipv6_dhcp', 'ipv6_slaac', 'ipv6_dhcpv6-stateless', 'ipv6_dhcpv6-stateful'];

function readNetwork(
  network: unknown,
  links: ReadonlyMap<string, Draft>,
  at: string,
  gathered: Gathered,
): void {
  tellOthers(gathered, at, network, networkFields);
  const id = text(field(network, 'link')) ?? '';
  const draft = links.get(id);
  if (draft === undefined) {
    warn(gathered, at, `there is no link "${id}" for it; it is left out`);
    return;
  }
  const type = text(field(network, 'type')) ?? '';
  if (type === 'ipv4_dhcp') draft.dhcp4 = 'true';
  else if (sixth.includes(type)) draft.dhcp6 = 'true';
  else if (type === 'ipv4' || type === 'ipv6') {
    const address = withMask(text(field(network, 'ip_address')) ?? '', text(field(network, 'netmask')));
    draft.addresses = [...(draft.addresses ?? []), address];
  } else warn(gathered, at, `a network of type "${type}" cannot be set up here; it is left out`);
  // Who asks DHCP is told it there.
  if (type === 'ipv4' || type === 'ipv6')
    for (const via of texts(field(network, 'gateway'))) addGateway(gathered, draft, at, via);
  for (const [index, route] of items(field(network, 'routes')).entries()) {
    const place = `${at}.routes[${index}]`;
    tellOthers(gathered, place, route, ['network', 'netmask', 'gateway', 'services']);
    const to = withMask(text(field(route, 'network')) ?? '', text(field(route, 'netmask')));
    addRoute(gathered, draft, place, {
      to,
      via: text(field(route, 'gateway')),
      metric: undefined,
      onLink: false,
    });
  }
  const services = [network, ...items(field(network, 'routes'))].map((one) => field(one, 'services'));
  const nameservers = [
    ...texts(field(network, 'dns_nameservers')),
    ...services.flatMap((one) => dnsOf(one, `${at}.services`, gathered)),
  ];
  const search = [
    ...texts(field(network, 'dns_search')),
    ...services.flatMap((one) => items(one).flatMap((service) => searchOf(service))),
  ];
  if (search.length > 0) draft.search = [...new Set([...(draft.search ?? []), ...search])];
  if (nameservers.length > 0)
    draft.nameservers = [...new Set([...(draft.nameservers ?? []), ...nameservers])];
}

/** A list, or one text with blanks or commas. */
const searchOf = (service: unknown): string[] =>
  texts(field(service, 'search')).flatMap((part) => part.split(/[\s,]+/).filter(Boolean));

const dnsOf = (services: unknown, at: string, gathered: Gathered): string[] =>
  items(services).flatMap((service, index) => {
    const type = text(field(service, 'type')) ?? '';
    if (type === 'dns') return texts(field(service, 'address'));
    warn(gathered, `${at}[${index}]`, `a service of type "${type}" cannot be used here; it is left out`);
    return [];
  });
