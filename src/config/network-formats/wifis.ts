/** Wireless networks of netplan's form. Pure. */
import type { ObjectsRow } from '../keys/key-types.ts';
import { findKey } from '../keys/keys.ts';
import { objectsFault } from '../keys/objects-fault.ts';
import { field, text } from '../seed/meaning.ts';
import { type Draft, entries, type Gathered, tellOthers, type WifiNetwork, warn } from './gathered.ts';

/** `addressing` reads what a device has as any other one does. */
export function readWifis(
  wifis: unknown,
  gathered: Gathered,
  addressing: (draft: Draft, device: unknown, at: string) => void,
): void {
  for (const [id, device] of entries(wifis)) {
    const draft: Draft = { name: id };
    addressing(draft, device, `wifis.${id}`);
    const addresses = addressesOf(draft, `wifis.${id}`, gathered);
    for (const [name, point] of entries(field(device, 'access-points')))
      readPoint(name, point, addresses, gathered);
  }
}

type Addresses = Omit<WifiNetwork, 'name' | 'passphrase'>;

/** What bos.wifi takes of it; with a fault the network is joined all the same, and asks DHCP. */
function addressesOf(draft: Draft, at: string, gathered: Gathered): Addresses {
  const { name, dhcp4, dhcp6, addresses, gateway4, gateway6, nameservers, search, on_link, ...others } =
    draft;
  tellOthers(gathered, at, { ...others, ...(search === undefined ? {} : { search }) }, []);
  const given = {
    ...(addresses === undefined ? {} : { addresses }),
    ...(gateway4 === undefined ? {} : { gateway4 }),
    ...(gateway6 === undefined ? {} : { gateway6 }),
    ...(nameservers === undefined ? {} : { nameservers }),
  };
  const fault = objectsFault(findKey('bos.wifi') as ObjectsRow, [{ name: 'any', ...given }]);
  if (fault === undefined) return given;
  warn(gathered, `${at}.${fault.field}`, `${fault.message}; the addresses are left to DHCP`);
  return {};
}

function readPoint(name: string, point: unknown, addresses: Addresses, { wifi, notes }: Gathered): void {
  const auth = field(point, 'auth');
  const management = text(field(auth, 'key-management')) ?? 'psk';
  const shown = JSON.stringify(name);
  if (!['none', 'psk', 'sae', 'psk-sae'].includes(management)) {
    notes.push(['warning', `the network ${shown} asks for ${management}, which cannot be joined here`]);
    return;
  }
  // An open network of Imager has an empty one.
  const passphrase =
    management === 'none' ? undefined : (text(field(point, 'password')) ?? text(field(auth, 'password')));
  wifi.push({ name, ...(passphrase === undefined ? {} : { passphrase }), ...addresses });
  if (field(point, 'hidden') === true)
    notes.push(['warning', `the network ${shown} is hidden; it is joined only while it shows its name`]);
}
