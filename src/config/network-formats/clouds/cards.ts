/** The card that a cloud's metadata speak of. Pure. */
import { type Draft, type Gathered, labelOf } from '../gathered.ts';

/** Adds an entry that finds its card by the MAC address; undefined, and told, without one. */
export function cardWith(
  mac: string | undefined,
  kind: string,
  at: string,
  gathered: Gathered,
): Draft | undefined {
  if (mac === undefined) {
    gathered.notes.push(['error', `${at}: has no MAC address; this interface is left to DHCP`]);
    return undefined;
  }
  const taken = gathered.interfaces.map(({ name }) => name);
  const draft: Draft = { name: labelOf(kind, taken, kind), mac };
  gathered.interfaces.push(draft);
  return draft;
}
