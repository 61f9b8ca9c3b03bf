/**
 * Takes what a disk says of the network into memory, before anything needs the network: `network-config` of NoCloud,
 * network_data.json of a configuration drive. Only of sources that bos.data_sources names, in its order; the first that
 * has such a file counts.
 */
import { join } from 'node:path';
import {
  type CloudNetworkForm,
  cloudNetworkFiles,
  cloudNetworkFolder,
  cloudNetworkLimit,
  cloudNetworkOrigin,
} from '../../config/sources/cloud-network-files.ts';
import { messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import type { SearchLine } from './index.ts';
import { devicesWithoutUdev } from './volumes/devices-without-udev.ts';
import { findVolumes } from './volumes/volumes.ts';

interface DiskSource {
  readonly label: string;
  readonly path: string;
  readonly form: CloudNetworkForm;
}

/** By their names in bos.data_sources. */
const sources: Readonly<Record<string, DiskSource>> = {
  cdrom: { label: 'cidata', path: 'network-config', form: 'network-config' },
  openstack: {
    label: 'config-2',
    path: 'openstack/latest/network_data.json',
    form: 'network_data.json',
  },
};

/** The sources that were asked when one had something: a boot reads it once. A disk may come later than the boot phase. */
const askedPath = `${cloudNetworkFolder}/asked`;

/** Returns whether there is something else than before. Never throws: a machine starts without it, too, by DHCP. */
export async function takeNetwork(
  host: Host,
  root: string,
  names: readonly string[],
  tell: (line: SearchLine) => void,
): Promise<boolean> {
  const { files } = host;
  const asked = names.filter((name) => Object.hasOwn(sources, name)).join(' ');
  try {
    const before = await files.readText(join(root, askedPath)).catch(() => '');
    if (before.trim() === asked) return false;
    const had = await files.exists(join(root, cloudNetworkOrigin));
    await files.remove(join(root, cloudNetworkFolder));
    if (asked === '') return had;
    await files.makeDir(join(root, cloudNetworkFolder), 0o700);
    const has = await take(host, root, asked.split(' '), tell);
    if (has) await files.write(join(root, askedPath), `${asked}\n`, { mode: 0o600 });
    else await files.remove(join(root, cloudNetworkFolder));
    return had || has;
  } catch (error) {
    tell({ level: 'error', message: `the network of a data source cannot be read: ${messageOf(error)}` });
    return false;
  }
}

async function take(
  host: Host,
  root: string,
  names: readonly string[],
  tell: (line: SearchLine) => void,
): Promise<boolean> {
  const devices = await devicesWithoutUdev(host, root);
  for (const name of names) {
    const source = sources[name];
    if (source === undefined) continue;
    const { label, path, form } = source;
    const wanted = (volume: { readonly label: string }) => volume.label.toLowerCase() === label;
    for (const volume of await findVolumes(host, root, wanted, devices)) {
      const data = await volume.read([path]).catch((error: unknown) => {
        tell({ level: 'warning', message: `${name}: ${messageOf(error)}` });
        return [];
      });
      const [bytes] = data;
      if (bytes === undefined) continue;
      if (bytes.length > cloudNetworkLimit) {
        tell({
          level: 'warning',
          message: `${name}: ${path} on ${volume.path} is too large; it is left out`,
        });
        continue;
      }
      await host.files.write(join(root, cloudNetworkFiles[form]), bytes, { mode: 0o600 });
      await host.files.write(join(root, cloudNetworkOrigin), `${volume.path}\n`, { mode: 0o600 });
      tell({ level: 'info', message: `${name}: ${volume.path} has ${path}` });
      return true;
    }
  }
  return false;
}
