/** The routes that `ip -j route show` (ip-route(8)) has of a running Linux, on their way to bos.network. Pure. */
import { familyOf } from '../checks/network/model.ts';
import { field, items, text } from '../seed/meaning.ts';
import { type Draft, type Gathered, warn } from './gathered.ts';
import { addRoute } from './routes.ts';

/** Addresses by which the routes of a lease lead out: an endless lease has no lifetime. */
export const leasedAddresses = (routes: readonly unknown[], name: string): ReadonlySet<string> =>
  new Set(
    routes
      .flatMap((family) => items(family))
      .filter((route) => field(route, 'dev') === name && field(route, 'protocol') === 'dhcp')
      .flatMap((route) => text(field(route, 'prefsrc')) ?? []),
  );

/** Where the default routes lead. */
export const defaultDevices = (routes: readonly unknown[]): ReadonlySet<string> =>
  new Set(
    routes
      .flatMap((family) => items(family))
      .filter((route) => text(field(route, 'dst')) === 'default' && isPlain(route))
      .flatMap((route) => [route, ...items(field(route, 'nexthops'))])
      .flatMap((hop) => text(field(hop, 'dev')) ?? []),
  );

const typeOf = (route: unknown): string => text(field(route, 'type')) ?? 'unicast';
const isPlain = (route: unknown): boolean => typeOf(route) === 'unicast';

/** Of the kernel itself: they come with what they follow from. */
const following = ['kernel', 'redirect'];
/** With an address that is asked for; who has a fixed one keeps the router that they name. */
const told = ['ra', 'dhcp'];
/** By hand; others are made anew by the program that has made them. */
const byHand = ['static', 'boot', ''];

export function readRoute(route: unknown, drafts: ReadonlyMap<string, Draft>, gathered: Gathered): void {
  const to = text(field(route, 'dst')) ?? '';
  const protocol = text(field(route, 'protocol')) ?? '';
  if (following.includes(protocol)) return;
  if (!isPlain(route)) {
    const type = typeOf(route);
    if (byHand.includes(protocol))
      warn(gathered, `route ${to}`, `a route of type "${type}" cannot be carried over; it is left out`);
    return;
  }
  const [hop = route, second] = items(field(route, 'nexthops'));
  const draft = drafts.get(text(field(hop, 'dev')) ?? '');
  if (draft === undefined) return;
  const via = text(field(hop, 'gateway'));
  const isSixth = to.includes(':') || (via ?? '').includes(':');
  if (isLearnt(draft, isSixth ? 6 : 4, told.includes(protocol))) return;
  if (field(hop, 'via') !== undefined) {
    warn(gathered, `route ${to}`, 'its gateway is of the other kind of IP; it is left out');
    return;
  }
  if (told.includes(protocol) && via === undefined) return;
  if (second !== undefined)
    warn(gathered, `route ${to}`, `several gateways cannot be carried over; ${via ?? draft.name} is used`);
  const target = to === 'default' || to.includes('/') ? to : `${to}/${isSixth ? 128 : 32}`;
  // What the kernel itself takes for IPv6.
  const metric = text(field(route, 'metric'));
  const isUsual = metric === undefined || (isSixth && metric === '1024') || to === 'default';
  addRoute(gathered, draft, `route ${to}`, {
    ...{ to: target, via, onLink: false },
    metric: isUsual ? undefined : metric,
  });
}

/** Who asks for addresses of a kind is told its routers with them; without any address no router's word is used. */
function isLearnt(draft: Draft, family: 4 | 6, isTold: boolean): boolean {
  if (familyOf(draft.addresses ?? [], family).length > 0) return false;
  return isTold || draft[family === 6 ? 'dhcp6' : 'dhcp4'] === 'true';
}

/** connman has one to each gateway, which follows from that. */
export function dropGatewayRoutes(draft: Draft): void {
  const own = [`${draft.gateway4}/32`, `${draft.gateway6}/128`];
  const routes = (draft.routes ?? []).filter(({ to, via }) => via !== undefined || !own.includes(to));
  if (routes.length > 0) draft.routes = routes;
  else delete draft.routes;
}
