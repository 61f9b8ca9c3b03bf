/** bos.wifi as a provisioning file of connman (connman-service.config(5)). Pure. */
import type { KeyValue } from '../../../config/keys/keys.ts';
import { encodeValue } from './key-file.ts';

export type Networks = KeyValue<'bos.wifi'>;

export interface RenderedNetworks {
  /** Empty when there is no network that can be joined. */
  readonly text: string;
  /** What is wrong with networks that are not in the text; says no passphrase. */
  readonly faults: string[];
}

/** Of several networks with one name the last holds, as connman would take any of them. */
export function renderNetworks(networks: Networks): RenderedNetworks {
  const faults: string[] = [];
  const sections = new Map<string, string>();
  for (const { name, passphrase = '' } of networks) {
    const fault = nameFault(name) ?? passphraseFault(name, passphrase);
    if (fault === undefined) sections.set(name, section(name, passphrase));
    else faults.push(fault);
  }
  const head = '# From bos.wifi: made anew at every boot. Other networks belong in another file.\n';
  return { text: sections.size === 0 ? '' : [head, ...sections.values()].join('\n'), faults };
}

function section(name: string, passphrase: string): string {
  const hex = Buffer.from(name).toString('hex');
  // A name is trimmed and unescaped on its way through connman; an SSID in hexadecimal stays as it is.
  const plain = /^[A-Za-z0-9]([A-Za-z0-9 ._-]*[A-Za-z0-9._-])?$/.test(name);
  const lines = [`[service_${hex}]`, 'Type=wifi', plain ? `Name=${name}` : `SSID=${hex}`];
  if (passphrase !== '') lines.push(`Passphrase=${encodeValue(passphrase)}`);
  return `${lines.join('\n')}\n`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const control = /[\0-\x1f\x7f]/;

/** IEEE 802.11-2020, 9.4.2.2: an SSID has 0 to 32 octets, and none of them belongs to no network in particular. */
function nameFault(name: string): string | undefined {
  const shown = JSON.stringify(name);
  if (name === '') return 'a network has no name';
  if (control.test(name)) return `the name ${shown} holds a control character`;
  const { length } = Buffer.from(name);
  return length > 32 ? `the name ${shown} has ${length} bytes; at most 32 are possible` : undefined;
}

/** IEEE 802.11-2020, J.4.1: a passphrase has 8 to 63 characters; 64 hexadecimal digits are the key itself. */
function passphraseFault(name: string, passphrase: string): string | undefined {
  const subject = `the passphrase of ${JSON.stringify(name)}`;
  if (passphrase === '') return undefined;
  if (control.test(passphrase)) return `${subject} holds a control character`;
  const { length } = Buffer.from(passphrase);
  return (length >= 8 && length <= 63) || /^[0-9A-Fa-f]{64}$/.test(passphrase)
    ? undefined
    : `${subject} has ${length} characters; WPA takes 8 to 63 of them, or 64 hexadecimal digits`;
}
