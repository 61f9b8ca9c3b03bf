/** What a metadata service said of the network, where the configuration reads it; for root alone, as all of a cloud's. */
import { join } from 'node:path';
import {
  metadataNetworkFile,
  metadataNetworkFolder,
  metadataNetworkOrigin,
} from '../../config/sources/cloud-network-files.ts';
import type { Host } from '../../host/ports.ts';
import type { MetadataNetwork } from './source.ts';

/** Makes the folder say this, or not be there. */
export async function storeNetwork(
  { files }: Host,
  root: string,
  network: MetadataNetwork | undefined,
  source: string | undefined,
): Promise<void> {
  const folder = join(root, metadataNetworkFolder);
  if (network === undefined || source === undefined) {
    if (await files.exists(folder)) await files.remove(folder);
    return;
  }
  const { form, data } = network;
  await files.makeDir(folder, 0o700);
  const origin = join(root, metadataNetworkOrigin);
  // Without it nothing of this is read: it must not name the form of what was there before.
  if (await files.exists(origin)) await files.remove(origin);
  await files.writeAtomic(join(root, metadataNetworkFile), data, { mode: 0o600 });
  await files.writeAtomic(origin, `${form} ${source}\n`, { mode: 0o600 });
}
