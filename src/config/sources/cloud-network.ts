/**
 * How a cloud, or a disk that a person made, says the network is. A file that needs no network to be read is copied to
 * memory by the boot phase (runtime/data-sources/take-network.ts), and comes before what a metadata service said
 * (runtime/data-sources/results.ts). Both are below all else: what an operator wrote of the network is in force as a whole,
 * whatever this says.
 */
import { join } from 'node:path';
import type { Host } from '../../host/ports.ts';
import type { Parsed } from '../config.ts';
import { meant, yamlOf } from '../seed/foreign-file.ts';
import type { Meaning } from '../seed/meaning.ts';
import {
  cloudNetworkFiles,
  cloudNetworkLimit,
  cloudNetworkOrigin,
  metadataForms,
  metadataNetworkFile,
  metadataNetworkOrigin,
} from './cloud-network-files.ts';
import { readSource } from './read-source.ts';

/** Empty when there is none. Never throws for what the file holds. */
export async function readCloudNetwork(host: Host, root: string): Promise<readonly Parsed[]> {
  if (!(await host.files.exists(join(root, cloudNetworkOrigin)))) return readMetadata(host, root);
  const origin = (await host.files.readText(join(root, cloudNetworkOrigin)).catch(() => '')).trim();
  const { readNetworkConfig, readOpenStackNetwork } = await import('../network-formats/network-config.ts');
  const parsed: Parsed[] = [];
  for (const [form, path] of Object.entries(cloudNetworkFiles)) {
    const data = await readSource(host, root, path, cloudNetworkLimit, 'cloud');
    if (data === undefined) continue;
    if (!(data instanceof Uint8Array)) {
      parsed.push(data);
      continue;
    }
    const place = `${form} on ${origin}`;
    const read = form === 'network-config' ? readNetworkConfig : readOpenStackNetwork;
    parsed.push(...(await parsedAs(data, place, read)));
  }
  return parsed;
}

async function readMetadata(host: Host, root: string): Promise<readonly Parsed[]> {
  const origin = await host.files.readText(join(root, metadataNetworkOrigin)).catch(() => '');
  const [word, source] = origin.trim().split(' ');
  const form = metadataForms.find((name) => name === word);
  if (form === undefined) return [];
  const data = await readSource(host, root, metadataNetworkFile, cloudNetworkLimit, 'cloud');
  if (!(data instanceof Uint8Array)) return data === undefined ? [] : [data];
  const { readMetadataNetwork } = await import('../network-formats/clouds/metadata.ts');
  // Of a form of its own the source says all.
  const what = form === source ? 'network' : form;
  return parsedAs(data, `${what} of ${source}`, (value) => readMetadataNetwork(form, value));
}

async function parsedAs(
  data: Uint8Array,
  place: string,
  read: (value: unknown) => Meaning,
): Promise<readonly Parsed[]> {
  const { value, faults } = await yamlOf(data, place);
  return value === undefined ? faults : [...faults, await meant(read(value), place, 'cloud')];
}
