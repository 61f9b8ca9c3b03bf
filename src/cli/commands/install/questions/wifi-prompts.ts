/** A wireless network for the installed system, where the machine has a radio. */
import type { KeyValue } from '../../../../config/keys/keys.ts';
import type { Host } from '../../../../host/ports.ts';
import { renderNetworks } from '../../../../runtime/appliers/network/wifi-networks.ts';
import type { Conversation } from '../../../terminal/way-back.ts';

type Networks = KeyValue<'bos.wifi'>;

/** The kernel gives the interfaces of radios a link to their hardware (cfg80211). */
export async function hasRadio(host: Host): Promise<boolean> {
  const folder = '/sys/class/net';
  const names = await host.files.list(folder);
  const radios = await Promise.all(names.map((name) => host.files.exists(`${folder}/${name}/phy80211`)));
  return radios.includes(true);
}

/** Undefined for none: Enter alone skips it. */
export async function askForWifi(talk: Conversation): Promise<Networks | undefined> {
  const fault = (name: string, passphrase?: string) =>
    renderNetworks([{ name, ...(passphrase === undefined ? {} : { passphrase }) }]).faults[0];
  const name = await talk.input({
    message: 'Wireless network (empty: none):',
    validate: (value) => value === '' || (fault(value) ?? true),
    hint: fault,
  });
  if (name === '') return undefined;
  const passphrase = await talk.password({
    message: `Passphrase for ${name} (empty: an open network):`,
    validate: (value) => fault(name, value) ?? true,
  });
  return [passphrase === '' ? { name } : { name, passphrase }];
}
