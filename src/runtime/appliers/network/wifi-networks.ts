/** bos.wifi as a provisioning file of connman (connman-service.config(5)). Pure. */
import { familyOf } from '../../../config/checks/network/model.ts';
import { nameFault, passphraseFault } from '../../../config/checks/wifi.ts';
import type { KeyValue } from '../../../config/keys/keys.ts';
import { provisionedAddress } from './interfaces/service-section.ts';
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
  for (const network of networks) {
    const { name, passphrase = '' } = network;
    const fault = nameFault(name) ?? passphraseFault(name, passphrase);
    if (fault === undefined) sections.set(name, section(network));
    else faults.push(fault);
  }
  const head = '# From bos.wifi: made anew at every boot. Other networks belong in another file.\n';
  return { text: sections.size === 0 ? '' : [head, ...sections.values()].join('\n'), faults };
}

function section(network: Networks[number]): string {
  const { name, passphrase = '' } = network;
  const hex = Buffer.from(name).toString('hex');
  // A name is trimmed and unescaped on its way through connman; an SSID in hexadecimal stays as it is.
  const plain = /^[A-Za-z0-9]([A-Za-z0-9 ._-]*[A-Za-z0-9._-])?$/.test(name);
  const lines = [`[service_${hex}]`, 'Type=wifi', plain ? `Name=${name}` : `SSID=${hex}`];
  if (passphrase !== '') lines.push(`Passphrase=${encodeValue(passphrase)}`);
  return `${[...lines, ...addressLines(network)].join('\n')}\n`;
}

/** Without an address of either kind both are connman's to ask for; with one the other is off. */
function addressLines({ addresses = [], gateway4, gateway6, nameservers = [] }: Networks[number]): string[] {
  const fixed = (family: 4 | 6, gateway: string | undefined): string => {
    const [address] = familyOf(addresses, family);
    return (address && provisionedAddress(address, gateway)) ?? 'off';
  };
  return [
    ...(addresses.length === 0 ? [] : [`IPv4=${fixed(4, gateway4)}`, `IPv6=${fixed(6, gateway6)}`]),
    ...(nameservers.length === 0 ? [] : [`Nameservers=${nameservers.join(',')}`]),
  ];
}
