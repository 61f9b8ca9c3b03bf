/**
 * `network` of Equinix Metal's metadata (/metadata): a bond over the cards that are in it, with the addresses of the machine. Pure.
 * https://deploy.equinix.com/developers/docs/metal/server-metadata/metadata/
 * https://deploy.equinix.com/developers/docs/metal/networking/server-level-networking/
 */
import { bondMode } from '../../checks/network/bond-modes.ts';
import { field, items, text } from '../../seed/meaning.ts';
import { type Draft, type Gathered, labelOf } from '../gathered.ts';
import { addGateway, addRoute, withMask } from '../routes.ts';

/** What private addresses reach: "Private IPv4 addresses". */
const privateNetwork = '10.0.0.0/8';
/** Equinix's own; the metadata have none ("DNS"). */
const nameServers = ['147.75.207.207', '147.75.207.208'];

export function readPacket(meta: unknown, gathered: Gathered): void {
  const network = field(meta, 'network');
  const bonds = new Map<string, Draft[]>();
  /** Taken out of the bond, for layer 2 or by a machine that has one card. */
  const alone: Draft[] = [];
  for (const [index, card] of items(field(network, 'interfaces')).entries()) {
    const mac = text(field(card, 'mac'));
    if (mac === undefined) {
      gathered.notes.push(['error', `interfaces[${index}]: has no MAC address; it is left out`]);
      continue;
    }
    const taken = gathered.interfaces.map(({ name }) => name);
    const draft: Draft = { name: labelOf(text(field(card, 'name')) ?? '', taken, 'card'), mac };
    gathered.interfaces.push(draft);
    const bond = text(field(card, 'bond'));
    if (bond === undefined) alone.push(draft);
    else bonds.set(bond, [...(bonds.get(bond) ?? []), draft]);
  }
  const mode = bondMode(text(field(field(network, 'bonding'), 'mode')) ?? '4');
  let out: Draft | undefined;
  for (const [id, cards] of bonds) {
    const taken = gathered.interfaces.map(({ name }) => name);
    const bond: Draft = {
      name: labelOf(id, taken, 'bond'),
      bond: { members: cards.map(({ name }) => name), mode },
    };
    gathered.interfaces.push(bond);
    // The first carries the addresses; another is for VLANs of the person's own.
    out ??= bond;
  }
  out ??= alone[0];
  if (out === undefined) return;
  for (const [index, one] of items(field(network, 'addresses')).entries())
    readAddress(one, `addresses[${index}]`, out, gathered);
  if ((out.addresses ?? []).length > 0) out.nameservers = nameServers;
}

function readAddress(one: unknown, at: string, draft: Draft, gathered: Gathered): void {
  const address = text(field(one, 'address'));
  if (address === undefined) return;
  if (field(one, 'management') === false) {
    gathered.notes.push(['note', `${at}: ${address} is an elastic address, which whoever uses it sets up`]);
    return;
  }
  draft.addresses = [...(draft.addresses ?? []), withMask(address, text(field(one, 'cidr', 'netmask')))];
  const via = text(field(one, 'gateway'));
  if (via === undefined) return;
  if (field(one, 'public') === false)
    addRoute(gathered, draft, at, { to: privateNetwork, via, metric: undefined, onLink: false });
  else addGateway(gathered, draft, at, via);
}
