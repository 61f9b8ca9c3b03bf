/** Routes of other programs' forms: the default one is a gateway, all others are routes of bos.network. Pure. */
import { addressBits, isNetwork, readPrefix } from '../checks/network/prefixes.ts';
import { maskLength } from '../command-line/kernel-network-fields.ts';
import { type Draft, type Gathered, warn } from './gathered.ts';

export interface Route {
  readonly to: string;
  readonly via: string | undefined;
  readonly metric: string | undefined;
  readonly onLink: boolean;
}

/** `10.0.0.0` with its mask, which may be a length, as `10.0.0.0/8`; what cannot be read stays, and is refused later. */
export function withMask(text: string, given: string | undefined): string {
  const [address = '', own] = text.split('/');
  const mask = own ?? given;
  const family = addressBits(address)?.family;
  const length = family === undefined ? undefined : lengthOf(mask ?? '', family);
  return length === undefined ? `${address}/${mask ?? ''}` : `${address}/${length}`;
}

/** Of IPv6 a mask may be an address, too: `ffff:ffff:ffff:ffff::`. */
function lengthOf(mask: string, family: 4 | 6): number | undefined {
  const read = family === 6 ? addressBits(mask) : undefined;
  if (read?.family !== 6) return maskLength(mask, family);
  const bits = read.bits.toString(2).padStart(128, '0');
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined;
}

export function addRoute(gathered: Gathered, draft: Draft, at: string, route: Route): void {
  const { to, via, metric, onLink } = route;
  const target = readPrefix(to);
  const isDefault = to === 'default' || (target?.length === 0 && isNetwork(target));
  if (!isDefault) {
    // What is reached directly, as long as settle.ts does not find that it is so already.
    const router = onLink && via !== undefined ? [{ to: `${via}/${via.includes(':') ? 128 : 32}` }] : [];
    // 0 is the kernel's own.
    const isSaid = metric !== undefined && metric !== '0';
    const more = { ...(via === undefined ? {} : { via }), ...(isSaid ? { metric } : {}) };
    // A new list for each would take a time that grows with the square of their number.
    const routes = (draft.routes ?? []) as NonNullable<Draft['routes']>[number][];
    routes.push(...router, { to, ...more });
    draft.routes = routes;
    return;
  }
  if (via === undefined)
    warn(gathered, at, 'a default route without a gateway cannot be set up here; it is left out');
  else addGateway(gathered, draft, at, via, metric);
  if (onLink) draft.on_link = 'true';
}

export function addGateway(gathered: Gathered, draft: Draft, at: string, via: string, metric?: string): void {
  const key = via.includes(':') ? 'gateway6' : 'gateway4';
  const before = draft[key];
  if (before === via) return;
  const metrics = gathered.metrics.get(draft) ?? {};
  const isBetter = before === undefined || Number(metric ?? 0) < (metrics[key] ?? 0);
  if (before !== undefined) {
    const [left, stays] = isBetter ? [before, via] : [via, before];
    warn(gathered, at, `${left} is a second gateway beside ${stays}; it is left out`);
  }
  if (isBetter) {
    draft[key] = via;
    gathered.metrics.set(draft, { ...metrics, [key]: Number(metric ?? 0) });
  }
  if (metric !== undefined && metric !== '0')
    warn(gathered, at, `the metric of a default route cannot be set up here; it is left out`);
}
