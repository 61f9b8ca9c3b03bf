/**
 * Which interfaces connman asks DHCP for: it sets their addresses without a lifetime, so that the kernel takes them for
 * fixed ones. From `busctl --json=short call net.connman / net.connman.Manager GetServices` (connman,
 * doc/manager-api.txt and doc/service-api.txt). Pure.
 */
import { field, items, text } from '../seed/meaning.ts';

export interface Asked {
  readonly dhcp4: boolean;
  readonly dhcp6: boolean;
}

/** By name of the interface; empty for anything else. */
export function askedByConnman(answer: unknown): ReadonlyMap<string, Asked> {
  const [services] = items(field(answer, 'data'));
  const found = new Map<string, Asked>();
  for (const service of items(services)) {
    const [, properties] = items(service);
    const value = (name: string, part: string) =>
      text(field(field(field(field(properties, name), 'data'), part), 'data'));
    const name = value('Ethernet', 'Interface');
    if (name === undefined) continue;
    const before = found.get(name);
    found.set(name, {
      dhcp4: before?.dhcp4 === true || value('IPv4', 'Method') === 'dhcp',
      dhcp6: before?.dhcp6 === true || ['auto', '6to4'].includes(value('IPv6', 'Method') ?? ''),
    });
  }
  return found;
}
