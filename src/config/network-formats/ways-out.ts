/** Whether a machine whose network is carried over can still be reached. Pure. */
import { familyOf, hasDhcp, type Interface, isMade } from '../checks/network/model.ts';
import { field, items, text } from '../seed/meaning.ts';
import { isPassing, type RunningNetwork, runningInterfaces } from './from-running.ts';
import type { Draft } from './gathered.ts';
import { defaultDevices } from './running-ways.ts';

interface Way {
  /** Of the interface. */
  readonly name: string;
  readonly family: 4 | 6;
  /** By a default route; without any of those, only who is on the same network reaches the machine. */
  readonly leadsOut: boolean;
}

/**
 * The interfaces by which the machine is reached now, if `carried` keeps none of them and what is left asks DHCP. Empty if
 * nothing reaches it now, or if one of them is kept.
 */
export function lostWays(running: RunningNetwork, carried: readonly Interface[]): readonly string[] {
  const seen = runningInterfaces(running, {
    interfaces: [],
    wifi: [],
    nameservers: [],
    metrics: new Map(),
    notes: [],
  });
  const ways = waysOf(running);
  if (ways.some((way) => isKept(way, seen.get(way.name), carried))) return [];
  return [...new Set(ways.map(({ name }) => name))];
}

function waysOf(running: RunningNetwork): readonly Way[] {
  const all = items(running.links).flatMap((link) => {
    const name = text(field(link, 'ifname')) ?? '';
    if (text(field(link, 'link_type')) === 'loopback' || isPassing(name, running)) return [];
    const globals = items(field(link, 'addr_info'))
      .filter((info) => field(info, 'scope') === 'global')
      .flatMap((info) => text(field(info, 'local')) ?? []);
    return ([4, 6] as const)
      .filter((family) => familyOf(globals, family).length > 0)
      .map((family): Way => ({ name, family, leadsOut: false }));
  });
  const defaults = defaultDevices(running.routes);
  const out = all.filter(({ name }) => defaults.has(name)).map((way) => ({ ...way, leadsOut: true }));
  return out.length > 0 ? out : all;
}

/** `seen`: what was seen of it; undefined for what cannot be carried at all. */
function isKept(
  { name, family, leadsOut }: Way,
  seen: Draft | undefined,
  carried: readonly Interface[],
): boolean {
  if (seen === undefined) return false;
  const one = carried.find((entry) => entry.name === name);
  const fixed = familyOf(seen.addresses ?? [], family);
  // A card that no entry names asks DHCP; nothing makes what no entry makes.
  if (fixed.length === 0) return one === undefined ? !isMade(seen) : hasDhcp(one, family);
  if (!fixed.some((address) => one?.addresses?.includes(address))) return false;
  return !leadsOut || one?.[family === 6 ? 'gateway6' : 'gateway4'] !== undefined;
}
