/** Gives the keys that can be tried their effect, as far as the configuration says them now; nothing is fetched for it. */
import { join } from 'node:path';
import type { KeyName } from '../../config/keys/keys.ts';
import { loadConfig } from '../../config/sources/sources.ts';
import { messageWithDetails } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { type Applier, applyContext } from '../appliers/applier.ts';
import { connmanApplier } from '../appliers/network/connman.ts';
import { interfacesApplier } from '../appliers/network/interfaces/interfaces.ts';
import { wifiApplier } from '../appliers/network/wifi.ts';
import { sshAuthorizedKeysApplier } from '../appliers/ssh-authorized-keys/ssh-authorized-keys.ts';

/** What can be taken back: nothing else depends on it, and no restart is needed. */
export const triableKeys: readonly KeyName[] = [
  'bos.network',
  'bos.dns_nameservers',
  'bos.ntp_servers',
  'bos.wifi',
  'ssh_authorized_keys',
];

/** The network first: keys may have to be fetched. */
const appliers: readonly Applier[] = [
  connmanApplier,
  wifiApplier,
  interfacesApplier,
  sshAuthorizedKeysApplier,
];

/** What failed, a line each; one does not keep the others from theirs. */
export async function applyTriable(host: Host, root: string): Promise<string[]> {
  const cloud = await host.files.exists(join(root, '/run/config'));
  const { config: found, unsettled } = await loadConfig(host, root, cloud ? { cloud } : {});
  // Keys that nothing names any more have to go.
  const config = { ...found, ssh_authorized_keys: found.ssh_authorized_keys ?? [] };
  const faults: string[] = [];
  for (const applier of appliers) {
    await applier
      .run(applyContext(host, root, 'runtime', config, () => {}, unsettled))
      .catch((error: unknown) => faults.push(`${applier.name}: ${messageWithDetails(error)}`));
  }
  return faults;
}
