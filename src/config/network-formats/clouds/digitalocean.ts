/**
 * `interfaces` and `dns` of DigitalOcean's metadata (/metadata/v1.json). Pure.
 * https://docs.digitalocean.com/reference/api/metadata/network-interfaces/
 */
import { field, items, text, texts } from '../../seed/meaning.ts';
import { entries, type Gathered, tellOthers } from '../gathered.ts';
import { addGateway, withMask } from '../routes.ts';
import { cardWith } from './cards.ts';

const parts = ['ipv4', 'ipv6', 'anchor_ipv4', 'anchor_ipv6'] as const;

export function readDigitalOcean(meta: unknown, gathered: Gathered): void {
  for (const [kind, list] of entries(field(meta, 'interfaces')))
    for (const [index, card] of items(list).entries())
      readCard(card, kind, `interfaces.${kind}[${index}]`, gathered);
  // Those of the machine belong to the interface that leads out.
  const out = gathered.interfaces.find(({ gateway4, gateway6 }) => (gateway4 ?? gateway6) !== undefined);
  const servers = texts(field(field(meta, 'dns'), 'nameservers'));
  if (out === undefined) gathered.nameservers.push(...servers);
  else if (servers.length > 0) out.nameservers = servers;
}

function readCard(card: unknown, kind: string, at: string, gathered: Gathered): void {
  tellOthers(gathered, at, card, ['mac', 'type', ...parts]);
  const draft = cardWith(text(field(card, 'mac')), kind, at, gathered);
  if (draft === undefined) return;
  for (const part of parts) {
    const given = field(card, part);
    const address = text(field(given, 'ip_address'));
    if (address === undefined) continue;
    const mask = text(field(given, 'netmask', 'cidr'));
    draft.addresses = [...(draft.addresses ?? []), withMask(address, mask)];
    // An anchor and a private network have a gateway that leads nowhere else.
    const leadsOut = kind === 'public' && !part.startsWith('anchor');
    for (const via of leadsOut ? texts(field(given, 'gateway')) : [])
      addGateway(gathered, draft, `${at}.${part}`, via);
  }
}
