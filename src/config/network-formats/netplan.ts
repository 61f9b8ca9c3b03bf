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
  'dhcp-identifier',
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
  const renamed = new Map<string, string>();
  const ids = (Object.keys(kinds) as Kind[]).flatMap((kind) =>
    entries(field(network, kind)).map(([id]) => id),
  );
  for (const kind of Object.keys(kinds) as Kind[]) {
    const devices = field(network, kind);
    if (devices !== undefined && devices !== null && (typeof devices !== 'object' || Array.isArray(devices)))
      warn(gathered, kind, 'expected interfaces by their names; it is left out');
    for (const [id, device] of entries(devices)) {
      if (isLoopback(id, device, kind, gathered)) continue;
      const names = [...drafts.values()].map(({ draft }) => draft.name);
      const taken = kind === 'ethernets' ? names : [...names, ...ids.filter((other) => other !== id)];
      const draft =
        kind === 'ethernets' ? cardOf(id, device, taken, gathered) : madeOf(id, kind, taken, gathered);
      if (draft === undefined) continue;
      drafts.set(id, { draft, kind, device });
      const name = text(field(device, 'set-name'));
      if (name !== undefined) renamed.set(name, draft.name);
    }
  }
  const nameOf = (id: string) => drafts.get(id)?.draft.name ?? renamed.get(id) ?? id;
  for (const [id, { draft, kind, device }] of drafts) {
    const at = `${kind}.${id}`;
    tellOthers(gathered, at, device, kinds[kind]);
    if (kind !== 'ethernets') make(draft, kind, device, nameOf, at, gathered);
    addressing(draft, device, at, gathered);
    gathered.interfaces.push(draft);
  }
}

/** Further addresses of this machine itself: nothing here sets them up. */
function isLoopback(id: string, device: unknown, kind: Kind, gathered: Gathered): boolean {
  if (kind !== 'ethernets' || (text(field(field(device, 'match'), 'name')) ?? id) !== 'lo') return false;
  if (items(field(device, 'addresses')).length > 0)
    warn(
      gathered,
      `ethernets.${id}`,
      'addresses of the loopback interface cannot be set up here; it is left out',
    );
  return true;
}

const short = { bonds: 'bond', bridges: 'br', vlans: 'vlan' } as const;

/** A name that Linux does not take would cost what is made, and by that the machine its network. */
function madeOf(
  id: string,
  kind: Exclude<Kind, 'ethernets'>,
  taken: readonly string[],
  gathered: Gathered,
): Draft {
  const name = labelOf(id, taken, short[kind]);
  if (name !== id)
    warn(gathered, `${kind}.${id}`, `no interface can have this name; it is called ${name} here`);
  return { name };
}

/** Of a card that only asks DHCP: what every card does that is not in the list. */
const asking = ['match', 'set-name', 'dhcp4', 'dhcp6', 'accept-ra', 'dhcp-identifier', ...without];
const onlyAsks = (device: unknown): boolean =>
  entries(device).every(([name]) => asking.includes(name)) &&
  [field(device, 'dhcp4'), field(device, 'dhcp6')].some((said) => flag(said) === true);

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
  if (match !== undefined && onlyAsks(device)) return undefined;
  if (name === undefined && driver !== undefined && isPlain(driver) && others.length === 0)
    return { name: labelOf(id, taken, 'card'), driver, ...more };
  if (match === undefined || match === null) return { name: oneLine(id), ...more };
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
    const given = field(device, key);
    const said = flag(given);
    if (said !== undefined) draft[key] = String(said);
    else if (given !== undefined && given !== null)
      warn(gathered, `${at}.${key}`, 'expected true or false; it is left out');
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
  const identifier = text(field(device, 'dhcp-identifier'));
  if (identifier !== undefined && identifier !== 'mac')
    warn(gathered, `${at}.dhcp-identifier`, 'a machine names itself by its MAC address here; it is left out');
  const names = field(device, 'nameservers');
  tellOthers(gathered, `${at}.nameservers`, names, ['addresses', 'search']);
  const nameservers = texts(Array.isArray(names) ? names : field(names, 'addresses'));
  const search = texts(field(names, 'search'));
  if (nameservers.length > 0) draft.nameservers = nameservers;
  if (search.length > 0) draft.search = search;
  const mtu = text(field(device, 'mtu'));
  if (mtu !== undefined) draft.mtu = mtu;
}

function routeOf(draft: Draft, route: unknown, at: string, gathered: Gathered): void {
  tellOthers(gathered, at, route, ['to', 'via', 'metric', 'on-link', 'table', 'type', 'scope']);
  const table = text(field(route, 'table')) ?? 'main';
  const type = text(field(route, 'type')) ?? 'unicast';
  const scope = text(field(route, 'scope')) ?? 'global';
  // In the main table it would catch what it is not for.
  const other = ['main', '254'].includes(table) ? undefined : `a route of table ${table}`;
  const kind = type === 'unicast' ? undefined : `a route of type "${type}"`;
  if ((other ?? kind) !== undefined) {
    warn(gathered, at, `${other ?? kind} cannot be set up here; it is left out`);
    return;
  }
  // Without a router a route has this scope by itself.
  if (scope !== 'global' && (scope !== 'link' || field(route, 'via') !== undefined))
    warn(gathered, `${at}.scope`, 'cannot be set up here; it is left out');
  const to = text(field(route, 'to')) ?? '';
  addRoute(gathered, draft, at, {
    to: to === 'default' ? to : withMask(to, undefined),
    via: text(field(route, 'via')),
    metric: text(field(route, 'metric')),
    onLink: flag(field(route, 'on-link')) === true,
  });
}
