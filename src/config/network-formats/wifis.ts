/** Wireless networks of netplan's form. Pure. */
import { field, text, texts } from '../seed/meaning.ts';
import { entries, type Gathered, warn } from './gathered.ts';

export function readWifis(wifis: unknown, gathered: Gathered): void {
  for (const [id, device] of entries(wifis)) {
    for (const [name, point] of entries(field(device, 'access-points'))) readPoint(name, point, gathered);
    if (texts(field(device, 'addresses')).length > 0)
      warn(gathered, `wifis.${id}`, 'addresses of wireless interfaces are left to DHCP');
  }
}

function readPoint(name: string, point: unknown, { wifi, notes }: Gathered): void {
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
  wifi.push({ name, ...(passphrase === undefined ? {} : { passphrase }) });
  if (field(point, 'hidden') === true)
    notes.push(['warning', `the network ${shown} is hidden; it is joined only while it shows its name`]);
}
