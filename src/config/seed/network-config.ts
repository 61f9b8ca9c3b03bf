/**
 * The seed's network-config, version 1 or 2 (netplan): networks to join, and addresses of wired interfaces. DHCP is what
 * connman does by itself. What cannot be done here is told. Pure.
 * https://docs.cloud-init.io/en/latest/reference/network-config-format-v2.html and …-v1.html
 */
import { pushAll } from '../../formats/long-lists.ts';
import { field, items, type Meaning, text, texts } from './meaning.ts';
import { type Wired, wiredFault } from './wired.ts';

export interface SeedNetwork {
  readonly wired: readonly Wired[];
  /** Our keys. */
  readonly meaning: Meaning;
}

interface Gathered {
  readonly wifi: { readonly name: string; readonly passphrase?: string }[];
  readonly nameservers: string[];
  readonly wired: Wired[];
  readonly notes: (readonly ['error' | 'warning' | 'note', string])[];
}

/** `value` is what the YAML holds. Never throws. */
export function readNetworkConfig(value: unknown): SeedNetwork {
  const network = field(value, 'network') ?? value;
  const gathered: Gathered = { wifi: [], nameservers: [], wired: [], notes: [] };
  const version = text(field(network, 'version'));
  if (field(network, 'config') !== 'disabled' && network !== null && network !== undefined) {
    if (version === '2') readSecond(network, gathered);
    else if (version === '1') readFirst(network, gathered);
    else gathered.notes.push(['error', `expected version 1 or 2, found ${version ?? 'none'}`]);
  }
  const { wifi, nameservers, notes } = gathered;
  const wired = gathered.wired.filter((one) => {
    const fault = wiredFault(one);
    if (fault !== undefined)
      notes.push(['error', `${oneLine(one.id)}: ${fault}; this interface is left to DHCP`]);
    return fault === undefined;
  });
  return {
    wired,
    meaning: {
      config: {
        bos: {
          ...(wifi.length === 0 ? {} : { wifi }),
          ...(nameservers.length === 0 ? {} : { dns_nameservers: nameservers }),
        },
      },
      notes,
    },
  };
}

const oneLine = (id: string): string => id.replaceAll(/\s+/g, ' ');

const entries = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

const unsupported = [
  'bonds',
  'bridges',
  'vlans',
  'tunnels',
  'modems',
  'vrfs',
  'dummy-devices',
  'openvswitch',
];

function readSecond(network: unknown, { wifi, wired, notes }: Gathered): void {
  for (const [id, device] of entries(field(network, 'wifis'))) {
    for (const [name, point] of entries(field(device, 'access-points'))) readPoint(name, point, wifi, notes);
    if (texts(field(device, 'addresses')).length > 0)
      notes.push(['warning', `${id}: addresses of wireless interfaces are left to DHCP`]);
  }
  for (const [id, device] of entries(field(network, 'ethernets'))) {
    const match = field(device, 'match');
    const names = field(device, 'nameservers');
    const gateways = [
      ...texts(field(device, 'gateway4')),
      ...texts(field(device, 'gateway6')),
      ...items(field(device, 'routes')).flatMap((route) => {
        const isDefault = /^(default|0\.0\.0\.0\/0|::\/0)$/.test(text(field(route, 'to')) ?? '');
        if (!isDefault)
          notes.push(['warning', `${id}: only a default route can be set; others are left out`]);
        return isDefault ? texts(field(route, 'via')) : [];
      }),
    ];
    wired.push({
      ...{ id, mac: text(field(match, 'macaddress')), name: text(field(match, 'name')) ?? id, gateways },
      ...{
        addresses: addressesOf(field(device, 'addresses')),
        nameservers: texts(field(names, 'addresses')),
      },
      ...{ search: texts(field(names, 'search')), dhcp4: field(device, 'dhcp4') === true },
    });
  }
  for (const name of unsupported)
    if (entries(field(network, name)).length > 0) notes.push(['warning', `${name} cannot be set up here`]);
}

function readPoint(name: string, point: unknown, wifi: Gathered['wifi'], notes: Gathered['notes']): void {
  const auth = field(point, 'auth');
  const management = text(field(auth, 'key-management')) ?? 'psk';
  const shown = JSON.stringify(name);
  if (!['none', 'psk', 'sae', 'psk-sae'].includes(management)) {
    notes.push(['warning', `the network ${shown} asks for ${management}, which cannot be joined here`]);
    return;
  }
  // An open network of Imager has an empty one.
  const passphrase =
    management === 'none' ? undefined : (text(field(point, 'password')) ?? text(field(auth, 'password')));
  wifi.push({ name, ...(passphrase === undefined ? {} : { passphrase }) });
  if (field(point, 'hidden') === true)
    notes.push(['warning', `the network ${shown} is hidden; it is joined only while it shows its name`]);
}

/** `10.0.0.5/24`, or a map with the address as its key and options below it. */
const addressesOf = (value: unknown): string[] =>
  items(value).flatMap((item) => text(item) ?? entries(item).map(([address]) => address));

function readFirst(network: unknown, { wired, nameservers, notes }: Gathered): void {
  for (const item of items(field(network, 'config'))) {
    const type = text(field(item, 'type')) ?? '';
    const name = text(field(item, 'name')) ?? '';
    if (type === 'nameserver') pushAll(nameservers, texts(field(item, 'address')));
    else if (type === 'physical') wired.push(physical(item, name));
    else if (type !== 'loopback')
      notes.push(['warning', `an interface of type "${type}" cannot be set up here`]);
  }
}

function physical(item: unknown, name: string): Wired {
  const subnets = items(field(item, 'subnets'));
  const fixed = subnets.filter((subnet) => /^static6?$/.test(text(field(subnet, 'type')) ?? ''));
  return {
    ...{ id: name, name, mac: text(field(item, 'mac_address')) },
    addresses: fixed.flatMap((subnet) => {
      const address = text(field(subnet, 'address'));
      const mask = text(field(subnet, 'netmask'));
      if (address === undefined) return [];
      return [address.includes('/') || mask === undefined ? address : `${address}/${mask}`];
    }),
    gateways: fixed.flatMap((subnet) => texts(field(subnet, 'gateway'))),
    nameservers: subnets.flatMap((subnet) => texts(field(subnet, 'dns_nameservers'))),
    search: subnets.flatMap((subnet) => texts(field(subnet, 'dns_search'))),
    dhcp4: subnets.some((subnet) => /^dhcp4?$/.test(text(field(subnet, 'type')) ?? '')),
  };
}
