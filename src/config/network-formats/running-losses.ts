/** What of a running Linux's network bos.network has no word for, by name, so that nobody misses it in silence. Pure. */
import { field, items, text } from '../seed/meaning.ts';
import { type Draft, type Gathered, warn } from './gathered.ts';

/** Of the interfaces that are carried over, and of the loopback one, which may have an address that others reach. */
export function tellLosses(
  links: readonly unknown[],
  drafts: ReadonlyMap<string, Draft>,
  gathered: Gathered,
): void {
  for (const link of links) {
    const name = text(field(link, 'ifname')) ?? '';
    const tell = (message: string) => warn(gathered, name, message);
    const isLoopback = text(field(link, 'link_type')) === 'loopback';
    for (const info of items(field(link, 'addr_info'))) {
      if (field(info, 'scope') !== 'global') continue;
      const address = `${text(field(info, 'local')) ?? ''}/${text(field(info, 'prefixlen')) ?? ''}`;
      if (isLoopback) tell(`${address} on the loopback interface cannot be carried over; it is left out`);
      else if (field(info, 'deprecated') === true && drafts.get(name)?.addresses?.includes(address))
        tell(`${address} is deprecated, which cannot be set up here: it becomes one as the others`);
    }
    if (drafts.has(name)) for (const message of lossesOf(link)) tell(message);
  }
}

function lossesOf(link: unknown): readonly string[] {
  const info = field(link, 'linkinfo');
  const data = (name: string) => text(field(field(info, 'info_data'), name));
  const own = text(field(link, 'permaddr'));
  const mac = text(field(link, 'address'));
  const kind = text(field(info, 'info_kind'));
  // A bond sets the addresses of its members.
  if (kind === undefined && own !== undefined && own !== mac && field(info, 'info_slave_kind') !== 'bond')
    return [`the MAC address ${mac ?? ''} was set by hand and cannot be carried over; its own is ${own}`];
  if (kind === 'bridge' && data('vlan_filtering') === '1')
    return ['VLANs of the ports of a bridge cannot be carried over; they are left out'];
  if (kind !== 'bond') return [];
  return Object.entries({ xmit_hash_policy: 'layer2', ad_lacp_rate: 'slow', primary: undefined }).flatMap(
    ([name, usual]) => {
      const value = data(name) ?? usual;
      return value === usual ? [] : [`${name} ${value ?? ''} cannot be set up here; it is left out`];
    },
  );
}

/** Rules that every Linux has: of the tables local, main and default (ip-rule(8)). */
const usualRules = [0, 32_766, 32_767];

export function tellRules(families: readonly unknown[], gathered: Gathered): void {
  const others = families
    .flatMap((rules) => items(rules))
    .filter((rule) => !usualRules.includes(Number(field(rule, 'priority'))));
  if (others.length === 0) return;
  const tables = new Set(others.flatMap((rule) => text(field(rule, 'table')) ?? []));
  tables.delete('main');
  const words = tables.size === 0 ? '' : ` (table ${[...tables].join(', ')})`;
  warn(gathered, 'ip rule', `policy routing${words} cannot be carried over; it is left out`);
}
