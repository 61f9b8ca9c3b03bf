/** Names and passphrases of wireless networks. Pure; what they say holds no passphrase. */
import type { ObjectFault, ObjectValue } from '../keys/key-types.ts';
import { type WifiAddresses, wifiAddressFault } from './network/wifi-addresses.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const control = /[\0-\x1f\x7f]/;

/** IEEE 802.11-2020, 9.4.2.2: an SSID has 0 to 32 octets, and none of them belongs to no network in particular. */
export function nameFault(name: string): string | undefined {
  const shown = JSON.stringify(name);
  if (name === '') return 'a network has no name';
  if (control.test(name)) return `the name ${shown} holds a control character`;
  const { length } = Buffer.from(name);
  return length > 32 ? `the name ${shown} has ${length} bytes; at most 32 are possible` : undefined;
}

/** IEEE 802.11-2020, J.4.1: a passphrase has 8 to 63 characters; 64 hexadecimal digits are the key itself. */
export function passphraseFault(name: string, passphrase: string): string | undefined {
  const subject = `the passphrase of ${JSON.stringify(name)}`;
  if (passphrase === '') return undefined;
  if (control.test(passphrase)) return `${subject} holds a control character`;
  const { length } = Buffer.from(passphrase);
  return (length >= 8 && length <= 63) || /^[0-9A-Fa-f]{64}$/.test(passphrase)
    ? undefined
    : `${subject} has ${length} characters; WPA takes 8 to 63 of them, or 64 hexadecimal digits`;
}

/** What is wrong with a network, and where. */
export function networkFault(network: ObjectValue): ObjectFault | undefined {
  const { name = '', passphrase = '' } = network;
  const byName = nameFault(String(name));
  if (byName !== undefined) return { field: 'name', message: byName };
  // Without one the network is an open one, which nobody should join by a template that was not filled in.
  const message =
    network.passphrase === ''
      ? `the passphrase of ${JSON.stringify(name)} is empty; leave it out for an open network`
      : passphraseFault(String(name), String(passphrase));
  return message === undefined
    ? wifiAddressFault(network as unknown as WifiAddresses)
    : { field: 'passphrase', message };
}
