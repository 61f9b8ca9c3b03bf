/**
 * network-config of version 2, which is netplan's form. Pure.
 * https://docs.cloud-init.io/en/latest/reference/network-config-format-v2.html
 */
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
import { readWifis } from './wifis.ts';

/** `renderer`, `optional` and `critical` are about programs that are not here: no boot waits for one interface. */
const without = ['renderer', 'optional', 'critical'];
const common = [
  ...without,
  ...['dhcp4', 'dhcp6', 'accept-ra', 'addresses', 'gateway4', 'gateway6', 'routes', 'nameservers', 'mtu'],
];
const kinds = {
  ethernets: [...common, 'match', 'set-name', 'wakeonlan'],
  bonds: [...common, 'interfaces', 'parameters'],
  bridges: [...common, 'interfaces', 'parameters'],
  vlans: [...common, 'id', 'link'],
} as const;
type Kind = keyof typeof kinds;

export function readNetplan(network: unknown, gathered: Gathered): void {
  const sections = ['version', 'renderer', 'config', 'wifis', ...Object.keys(kinds)];
  for (const [name, value] of entries(network))
    if (!sections.includes(name) && entries(value).length > 0)
      warn(gathered, name, 'cannot be set up here; it is left out');
  for (const kind of ['wifis', ...Object.keys(kinds)])
    if (areTooMany(gathered, kind, entries(field(network, kind)).length)) return;
  readWifis(field(network, 'wifis'), gathered, (draft, device, at) =>
    addressing(draft, device, at, gathered),
  );
  const drafts = new Map<string, { readonly draft: Draft; readonly kind: Kind; readonly device: unknown }>();
  for (const kind of Object.keys(kinds) as Kind[])
    for (const [id, device] of entries(field(network, kind))) {
      const taken = [...drafts.values()].map(({ draft }) => draft.name);
      const draft = kind === 'ethernets' ? cardOf(id, device, taken, gathered) : { name: oneLine(id) };
      if (draft !== undefined) drafts.set(id, { draft, kind, device });
    }
  const nameOf = (id: string) => drafts.get(id)?.draft.name ?? id;
  for (const [id, { draft, kind, device }] of drafts) {
    const at = `${kind}.${id}`;
    tellOthers(gathered, at, device, kinds[kind]);
    if (kind !== 'ethernets') make(draft, kind, device, nameOf, at, gathered);
    addressing(draft, device, at, gathered);
    gathered.interfaces.push(draft);
  }
}

function cardOf(id: string, device: unknown, taken: string[], gathered: Gathered): Draft | undefined {
  const at = `ethernets.${id}`;
  const match = field(device, 'match');
  tellOthers(gathered, `${at}.match`, match, ['macaddress', 'name', 'driver']);
  const mac = text(field(match, 'macaddress'));
  const name = text(field(match, 'name'));
  const drivers = texts(field(match, 'driver'));
  const renamed = text(field(device, 'set-name'));
  if (renamed !== undefined)
    gathered.notes.push(['note', `${oneLine(at)}.set-name: interfaces are not renamed`]);
  const wake = flag(field(device, 'wakeonlan'));
  const more = wake === undefined ? {} : { wake_on_lan: String(wake) };
  if (mac !== undefined) return { name: labelOf(id, taken, 'card'), mac, ...more };
  const isPlain = (pattern: string) => !/[*?[\]]/.test(pattern);
  if (name !== undefined && isPlain(name)) return { name: oneLine(name), ...more };
  const [driver, ...others] = drivers;
  if (name === undefined && driver !== undefined && isPlain(driver) && others.length === 0)
    return { name: labelOf(id, taken, 'card'), driver, ...more };
  if (match === undefined) return { name: oneLine(id), ...more };
  const expected = 'expected macaddress, the name of one interface or one driver';
  gathered.notes.push(['error', `${oneLine(at)}.match: ${expected}; this interface is left to DHCP`]);
  return undefined;
}

function make(
  draft: Draft,
  kind: Exclude<Kind, 'ethernets'>,
  device: unknown,
  nameOf: (id: string) => string,
  at: string,
  gathered: Gathered,
): void {
  if (kind === 'vlans') {
    draft.vlan = { id: text(field(device, 'id')) ?? '', link: nameOf(text(field(device, 'link')) ?? '') };
    return;
  }
  const members = texts(field(device, 'interfaces')).map(nameOf);
  const parameters = field(device, 'parameters');
  if (kind === 'bridges') {
    draft.bridge = { members };
    // No spanning tree is what a bridge has by itself here.
    for (const [name, value] of entries(parameters))
      if (name !== 'stp' || flag(value) !== false)
        warn(gathered, `${at}.parameters.${name}`, 'cannot be set up here; it is left out');
    return;
  }
  // The default of the kernel, and so that of netplan.
  draft.bond = { members, mode: text(field(parameters, 'mode')) ?? 'balance-rr' };
  tellOthers(gathered, `${at}.parameters`, parameters, ['mode', 'mii-monitor-interval']);
}

function addressing(draft: Draft, device: unknown, at: string, gathered: Gathered): void {
  for (const key of ['dhcp4', 'dhcp6'] as const) {
    const said = flag(field(device, key));
    if (said !== undefined) draft[key] = String(said);
  }
  const routers = flag(field(device, 'accept-ra'));
  if (routers !== undefined) draft.dhcp6 = String(routers || draft.dhcp6 === 'true');
  for (const item of items(field(device, 'addresses'))) {
    const plain = text(item);
    const all: readonly (readonly [string, unknown])[] =
      plain === undefined ? entries(item) : [[plain, null]];
    for (const [address, options] of all) {
      draft.addresses = [...(draft.addresses ?? []), oneLine(address)];
      tellOthers(gathered, `${at}.addresses.${address}`, options, []);
    }
  }
  for (const key of ['gateway4', 'gateway6'] as const)
    for (const via of texts(field(device, key))) addGateway(gathered, draft, at, via);
  for (const [index, route] of items(field(device, 'routes')).entries())
    routeOf(draft, route, `${at}.routes[${index}]`, gathered);
  const names = field(device, 'nameservers');
  tellOthers(gathered, `${at}.nameservers`, names, ['addresses', 'search']);
  const nameservers = texts(field(names, 'addresses'));
  const search = texts(field(names, 'search'));
  if (nameservers.length > 0) draft.nameservers = nameservers;
  if (search.length > 0) draft.search = search;
  const mtu = text(field(device, 'mtu'));
  if (mtu !== undefined) draft.mtu = mtu;
}

function routeOf(draft: Draft, route: unknown, at: string, gathered: Gathered): void {
  tellOthers(gathered, at, route, ['to', 'via', 'metric', 'on-link']);
  const to = text(field(route, 'to')) ?? '';
  addRoute(gathered, draft, at, {
    to: to === 'default' ? to : withMask(to, undefined),
    via: text(field(route, 'via')),
    metric: text(field(route, 'metric')),
    onLink: flag(field(route, 'on-link')) === true,
  });
}
