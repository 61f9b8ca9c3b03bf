/**
 * Whether the network of this machine can only be known by asking its cloud before there is a network: clouds without DHCP,
 * or with machines that have none, whose service is on the link itself and answers a link-local address (RFC 3927).
 */
import { join } from 'node:path';
import type { Config } from '../../../config/config.ts';
import type { Host } from '../../../host/ports.ts';
import { isMarked, readFirmware } from '../firmware.ts';
import { askFile } from './ask-file.ts';

/** https://docs.digitalocean.com/products/droplets/how-to/access-metadata/; Hetzner's machines may have IPv6 alone. */
export const earlySources = ['digitalocean', 'hetzner'] as const;
export type EarlySource = (typeof earlySources)[number];

/** Writes the file where it is so. The firmware alone says that it is: a guess would cost every boot its time. */
export async function planToAsk(
  host: Host,
  root: string,
  names: readonly string[],
  config: Config,
): Promise<void> {
  const path = join(root, askFile);
  // What somebody wrote of the network, or what a disk said, is in force as a whole.
  const firmware = config['bos.network'] === undefined ? await readFirmware(host, root) : undefined;
  const name = earlySources.find((one) => names.includes(one) && isMarked(one, firmware));
  if (name !== undefined) await host.files.writeAtomic(path, `${name}\n`);
  else if (await host.files.exists(path)) await host.files.remove(path);
}
