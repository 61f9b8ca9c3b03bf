/**
 * How a cloud, or a disk that a person made, says the network is: a file that needs no network to be read. The boot phase
 * copies it to memory (runtime/data-sources/take-network.ts). It is below all else: what an operator wrote of the network is
 * in force as a whole, whatever this says.
 */
import { join } from 'node:path';
import type { Host } from '../../host/ports.ts';
import type { Parsed } from '../config.ts';
import { meant, yamlOf } from '../seed/foreign-file.ts';
import { cloudNetworkFiles, cloudNetworkLimit, cloudNetworkOrigin } from './cloud-network-files.ts';
import { readSource } from './read-source.ts';

/** Empty when there is none. Never throws for what the file holds. */
export async function readCloudNetwork(host: Host, root: string): Promise<readonly Parsed[]> {
  if (!(await host.files.exists(join(root, cloudNetworkOrigin)))) return [];
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
    const { value, faults } = await yamlOf(data, place);
    parsed.push(...faults);
    if (value === undefined) continue;
    const meaning = form === 'network-config' ? readNetworkConfig(value) : readOpenStackNetwork(value);
    parsed.push(await meant(meaning, place, 'cloud'));
  }
  return parsed;
}
