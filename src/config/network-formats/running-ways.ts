/** Which default route of a running Linux leads out: of several the one with the lowest metric, as the kernel takes it. Pure. */
import { field, items, text } from '../seed/meaning.ts';
import type { Draft } from './gathered.ts';

const isUnicast = (route: unknown): boolean => (text(field(route, 'type')) ?? 'unicast') === 'unicast';

export const isDefault = (route: unknown): boolean => text(field(route, 'dst')) === 'default';

/** A route with several gateways has none itself. */
export const hopsOf = (route: unknown): readonly unknown[] => {
  const hops = items(field(route, 'nexthops'));
  return hops.length > 0 ? hops : [route];
};

const defaultsOf = (family: unknown): readonly unknown[] =>
  items(family).filter((route) => isDefault(route) && isUnicast(route));

/** Where the default routes lead. */
export const defaultDevices = (routes: readonly unknown[]): ReadonlySet<string> =>
  new Set(
    routes
      .flatMap(defaultsOf)
      .flatMap((route) => [route, ...hopsOf(route)])
      .flatMap((hop) => text(field(hop, 'dev')) ?? []),
  );

/** Without a word IPv4 has 0 and IPv6 1024, which ip prints. */
const metricOf = (route: unknown): number => Number(text(field(route, 'metric')) ?? 0);

/** IPv6 uses every router that announces itself: none of these replaces one that was set by hand. */
const isTold = (route: unknown): boolean => field(route, 'protocol') === 'ra';

/** The route of a family that counts, of those by an interface that is carried over. */
export function wayOut(family: unknown, drafts: ReadonlyMap<string, Draft>): unknown {
  const all = defaultsOf(family).filter((route) => drafts.has(text(field(hopsOf(route)[0], 'dev')) ?? ''));
  const byHand = all.filter((route) => !isTold(route));
  const [first, ...others] = byHand.length > 0 ? byHand : all;
  return others.reduce((best, other) => (metricOf(other) < metricOf(best) ? other : best), first);
}
