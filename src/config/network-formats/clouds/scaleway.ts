/**
 * What Scaleway's metadata (/conf?format=json) say of its one public card, with the MAC address of that card, which they do
 * not have. One address of a kind comes by DHCP or from the router; several are fixed, and their gateway is on the link. Pure.
 * https://www.scaleway.com/en/docs/instances/reference-content/understanding-ip-mobility/
 */
import { field, items, text } from '../../seed/meaning.ts';
import type { Draft, Gathered } from '../gathered.ts';
import { addGateway, withMask } from '../routes.ts';
import { cardWith } from './cards.ts';

export function readScaleway(meta: unknown, gathered: Gathered): void {
  const draft = cardWith(text(field(meta, 'mac')), 'public', 'public_ips', gathered);
  if (draft === undefined) return;
  const all = items(field(meta, 'public_ips'));
  const fourth = all.filter((one) => text(field(one, 'family')) !== 'inet6');
  const sixth = all.filter((one) => text(field(one, 'family')) === 'inet6');
  const isFixed = (list: readonly unknown[]) =>
    list.length > 1 || list.some((one) => text(field(one, 'provisioning_mode')) === 'manual');
  const older = field(meta, 'ipv6');
  const hasOlder = all.length === 0 && older !== null && older !== undefined;
  // Several addresses are nothing that DHCP could be asked beside.
  const fixes = isFixed(fourth) || isFixed(sixth);
  for (const [index, one] of all.entries())
    if (sixth.includes(one) ? isFixed(sixth) : fixes) addFixed(one, `public_ips[${index}]`, draft, gathered);
  // Machines from before routed addresses: DHCP behind NAT, and IPv6 beside it.
  if (hasOlder) addFixed(older, 'ipv6', draft, gathered);
  if (!fixes) draft.dhcp4 = String(fourth.length > 0 || all.length === 0);
  if (!isFixed(sixth) && !hasOlder) draft.dhcp6 = 'true';
}

function addFixed(one: unknown, at: string, draft: Draft, gathered: Gathered): void {
  const address = text(field(one, 'address')) ?? '';
  draft.addresses = [...(draft.addresses ?? []), withMask(address, text(field(one, 'netmask')))];
  const via = text(field(one, 'gateway'));
  const key = address.includes(':') ? 'gateway6' : 'gateway4';
  // The first one leads out for all.
  if (via !== undefined && draft[key] === undefined) addGateway(gathered, draft, at, via);
}
