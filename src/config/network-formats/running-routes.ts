/** The routes that `ip -j route show` (ip-route(8)) has of a running Linux, on their way to bos.network. Pure. */
import { familyOf } from '../checks/network/model.ts';
import { addressBits, isWithin, readPrefix } from '../checks/network/prefixes.ts';
import { field, items, text } from '../seed/meaning.ts';
import { type Draft, entries, type Gathered, warn } from './gathered.ts';
import { addRoute } from './routes.ts';
import { hopsOf, isDefault, wayOut } from './running-ways.ts';

/** Addresses by which the routes of a lease lead out: an endless lease has no lifetime. */
export const leasedAddresses = (routes: readonly unknown[], name: string): ReadonlySet<string> =>
  new Set(
    routes
      .flatMap((family) => items(family))
      .filter((route) => field(route, 'dev') === name && field(route, 'protocol') === 'dhcp')
      .flatMap((route) => text(field(route, 'prefsrc')) ?? []),
  );

const typeOf = (route: unknown): string => text(field(route, 'type')) ?? 'unicast';

/** With an address that is asked for; who has a fixed one keeps the router that they name. */
const told = ['ra', 'dhcp'];
/** By hand; others are made anew by the program that has made them. */
const byHand = ['static', 'boot', ''];

/** Those of one family, in the order in which ip prints them. */
export function readRoutes(family: unknown, drafts: ReadonlyMap<string, Draft>, gathered: Gathered): void {
  const way = wayOut(family, drafts);
  // What leads out comes first, so that it is the gateway.
  const others = items(family).filter((route) => route !== way);
  for (const route of way === undefined ? others : [way, ...others]) readRoute(route, way, drafts, gathered);
}

function readRoute(
  route: unknown,
  way: unknown,
  drafts: ReadonlyMap<string, Draft>,
  gathered: Gathered,
): void {
  const to = text(field(route, 'dst')) ?? '';
  const protocol = text(field(route, 'protocol')) ?? '';
  const [hop, second] = hopsOf(route);
  const via = text(field(hop, 'gateway'));
  // Of the kernel itself: they come with what they follow from. With a gateway it is a program that says so (ifupdown2).
  if (protocol === 'redirect' || (protocol === 'kernel' && via === undefined)) return;
  if (typeOf(route) !== 'unicast') {
    if (byHand.includes(protocol))
      left(gathered, to, `a route of type "${typeOf(route)}" cannot be carried over`);
    return;
  }
  const draft = drafts.get(text(field(hop, 'dev')) ?? '');
  if (draft === undefined) return;
  const isSixth = to.includes(':') || (via ?? '').includes(':');
  if (isLearnt(draft, isSixth ? 6 : 4, { to, via, protocol }, gathered)) return;
  if (field(hop, 'via') !== undefined) {
    left(gathered, to, 'its gateway is of the other kind of IP');
    return;
  }
  if (told.includes(protocol) && via === undefined) return;
  if (isDefault(route) && route !== way && text(field(hopsOf(way)[0], 'dev')) !== draft.name) {
    left(gathered, to, `${via ?? 'a route without a gateway'} by ${draft.name} is a second way out`);
    return;
  }
  if (second !== undefined)
    warn(gathered, `route ${to}`, `several gateways cannot be carried over; ${via ?? draft.name} is used`);
  if (!told.includes(protocol)) tellMore(route, draft, { to, via, isSixth }, gathered);
  const target = to === 'default' || to.includes('/') ? to : `${to}/${isSixth ? 128 : 32}`;
  // What the kernel itself takes for IPv6.
  const metric = text(field(route, 'metric'));
  const isUsual = metric === undefined || (isSixth && metric === '1024') || to === 'default';
  addRoute(gathered, draft, `route ${to}`, {
    ...{ to: target, via, onLink: items(field(hop, 'flags')).includes('onlink') },
    metric: isUsual ? undefined : metric,
  });
}

const left = (gathered: Gathered, to: string, why: string): void =>
  warn(gathered, `route ${to}`, `${why}; it is left out`);

/**
 * Who asks for addresses of a kind is told its routers with them; without any address no router's word is used. A route by
 * hand stays where it is known for one: clients of DHCP that add theirs as of nobody leave no sign.
 */
function isLearnt(
  draft: Draft,
  family: 4 | 6,
  { to, via, protocol }: { readonly to: string; readonly via: string | undefined; readonly protocol: string },
  gathered: Gathered,
): boolean {
  if (familyOf(draft.addresses ?? [], family).length > 0) return false;
  if (told.includes(protocol)) return true;
  if (draft[family === 6 ? 'dhcp6' : 'dhcp4'] !== 'true') return false;
  if (to === 'default') {
    if (protocol === 'static')
      left(gathered, to, `${draft.name} asks for addresses, and for its gateway with them`);
    return true;
  }
  if (protocol === 'static') return false;
  if (via !== undefined && byHand.includes(protocol))
    left(gathered, to, `whether it is one by hand or of the lease of ${draft.name} cannot be seen`);
  return true;
}

/** What a route says beside where it leads. */
function tellMore(
  route: unknown,
  { addresses = [] }: Draft,
  { to, via, isSixth }: { readonly to: string; readonly via: string | undefined; readonly isSixth: boolean },
  gathered: Gathered,
): void {
  const source = text(field(route, 'prefsrc'));
  const own = familyOf(addresses, isSixth ? 6 : 4);
  const router = addressBits(via ?? '');
  // What the kernel takes for IPv4 without being told; of IPv6 nobody knows.
  const near = own.find((one) => {
    const prefix = readPrefix(one);
    return prefix !== undefined && router !== undefined && isWithin(prefix, router);
  });
  const usual = isSixth && own.length > 1 ? undefined : (near ?? own[0])?.replace(/\/.*$/, '');
  if (source !== undefined && source !== usual)
    warn(gathered, `route ${to}`, `its source address ${source} cannot be set up here; it is left out`);
  const metrics = items(field(route, 'metrics'))
    .flatMap((one) => entries(one))
    .filter(([name]) => name !== 'hoplimit');
  for (const [name, value] of metrics)
    warn(gathered, `route ${to}`, `its ${name} ${text(value) ?? ''} cannot be set up here; it is left out`);
}

/** connman has one to each gateway, which follows from that. */
export function dropGatewayRoutes(draft: Draft): void {
  const own = [`${draft.gateway4}/32`, `${draft.gateway6}/128`];
  const routes = (draft.routes ?? []).filter(({ to, via }) => via !== undefined || !own.includes(to));
  if (routes.length > 0) draft.routes = routes;
  else delete draft.routes;
}
