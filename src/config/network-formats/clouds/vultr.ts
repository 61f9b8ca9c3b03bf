/**
 * `interfaces` of Vultr's metadata (/v1.json): the first address comes by DHCP, IPv6 from the router; what is additional,
 * and private networks, are fixed. Pure.
 * https://www.vultr.com/metadata/
 * https://docs.vultr.com/how-to-configure-a-private-network-on-a-vultr-cloud-server
 */
import { field, items, text } from '../../seed/meaning.ts';
import { type Draft, type Gathered, tellOthers } from '../gathered.ts';
import { addGateway, withMask } from '../routes.ts';
import { cardWith } from './cards.ts';

/** Vultr's own, which its DHCP names, too; the metadata have none. */
const nameServer = '108.61.10.10';
const known = ['mac', 'network-type', 'networkid', 'network-v2-id', 'ipv4', 'ipv6'];

export function readVultr(meta: unknown, gathered: Gathered): void {
  for (const [index, card] of items(field(meta, 'interfaces')).entries()) {
    const at = `interfaces[${index}]`;
    tellOthers(gathered, at, card, known);
    const kind = text(field(card, 'network-type')) ?? 'private';
    const draft = cardWith(text(field(card, 'mac')), kind, at, gathered);
    if (draft === undefined) continue;
    if (kind === 'public') readPublic(card, draft, at, gathered);
    else draft.addresses = addressesOf(card, 'ipv4');
  }
}

function readPublic(card: unknown, draft: Draft, at: string, gathered: Gathered): void {
  const more = items(field(field(card, 'ipv4'), 'additional')).length;
  if (more === 0) {
    draft.dhcp4 = 'true';
    draft.dhcp6 = 'true';
  } else {
    draft.addresses = addressesOf(card, 'ipv4');
    for (const via of items(field(field(card, 'ipv4'), 'gateway')))
      addGateway(gathered, draft, at, String(via));
    draft.nameservers = [nameServer];
    draft.dhcp6 = 'true';
  }
  const sixth = items(field(field(card, 'ipv6'), 'additional')).length;
  if (sixth > 0)
    gathered.notes.push(['note', `${at}.ipv6.additional: is for routers and services; it is left out`]);
}

/** The main one first. */
function addressesOf(card: unknown, family: 'ipv4'): string[] {
  const given = field(card, family);
  return [given, ...items(field(given, 'additional'))].flatMap((one) => {
    const address = text(field(one, 'address'));
    return address === undefined ? [] : [withMask(address, text(field(one, 'netmask')))];
  });
}
