/**
 * network-config of cloud-init, version 1 or 2 (netplan), and network_data.json of OpenStack, in our own keys. What cannot
 * be done here is told with its place. Pure.
 */
import { nameServer } from '../checks/addresses.ts';
import type { Interface } from '../checks/network/model.ts';
import { field, type Meaning, text } from '../seed/meaning.ts';
import { entries, type Gathered, warn } from './gathered.ts';
import { readNetplan } from './netplan.ts';
import { readNetworkData } from './network-data.ts';
import { settle } from './settle.ts';
import { readVersion1 } from './version-1.ts';

/** `value` is what the YAML holds. Never throws. */
export function readNetworkConfig(value: unknown): Meaning {
  const network = field(value, 'network') ?? value;
  return meaningOf((gathered) => {
    const version = text(field(network, 'version'));
    if (field(network, 'config') === 'disabled' || network === null || network === undefined) return;
    if (version === '2') readNetplan(network, gathered);
    else if (version === '1') readVersion1(network, gathered);
    else gathered.notes.push(['error', `expected version 1 or 2, found ${version ?? 'none'}`]);
  });
}

/** `value` is what the JSON holds. Never throws. */
export function readOpenStackNetwork(value: unknown): Meaning {
  return meaningOf((gathered) => {
    if (entries(value).length > 0) readNetworkData(value, gathered);
    else gathered.notes.push(['error', 'expected links and networks']);
  });
}

/** What `read` gathers, as far as bos.network takes it. */
export function meaningOf(read: (gathered: Gathered) => void): Meaning {
  const gathered: Gathered = { interfaces: [], wifi: [], nameservers: [], metrics: new Map(), notes: [] };
  read(gathered);
  const interfaces = settle(gathered);
  const { wifi, notes } = gathered;
  const nameservers = soundServers(gathered);
  return {
    config: {
      bos: {
        ...(interfaces.some(saysSomething) ? { network: interfaces.map(asWritten) } : {}),
        ...(wifi.length === 0 ? {} : { wifi }),
        ...(nameservers.length === 0 ? {} : { dns_nameservers: nameservers }),
      },
    },
    notes,
  };
}

/** Those of the whole machine; the interfaces' are looked at with them. */
function soundServers(gathered: Gathered): readonly string[] {
  return gathered.nameservers.filter((server) => {
    const fault = nameServer(server);
    if (fault !== undefined) warn(gathered, `the name server ${server}`, `${fault}; it is left out`);
    return fault === undefined;
  });
}

/** More than that there is an interface, which asks DHCP as all do. */
const saysSomething = ({ name, mac, driver, ...more }: Interface): boolean =>
  Object.entries(more).some(([key, value]) => !(/^dhcp[46]$/.test(key) && value === 'true'));

/** As a person would write it in a file. */
const asWritten = (one: Interface): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(one).map(([key, value]) => [
      key,
      value === 'true' ? true : value === 'false' ? false : value,
    ]),
  );
