/** bos.wifi as a provisioning file of connman (connman-service.config(5)). Pure. */
import { nameFault, passphraseFault } from '../../../config/checks/wifi.ts';
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
