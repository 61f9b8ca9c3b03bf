/** The network that was answered, for the live system that asks: as a file of its own in memory, put in force at once. */
import { readBootFacts } from '../../../../boot/boot-facts.ts';
import type { KeyValue } from '../../../../config/keys/keys.ts';
import { loadConfig, localConfigFolder } from '../../../../config/sources/sources.ts';
import type { Host } from '../../../../host/ports.ts';
import { applyContext } from '../../../../runtime/appliers/applier.ts';
import { interfacesApplier } from '../../../../runtime/appliers/network/interfaces/interfaces.ts';

/** JSON is YAML, and needs no quoting. It comes after all else that is there: it was said last. */
export const liveNetworkFile = `${localConfigFolder}/config.d/zz-installer.yaml`;

/** Whether this is a live system of ours: nobody else's network is touched. */
export async function canSetUpNow(host: Host): Promise<boolean> {
  const facts = await readBootFacts(host, '/').catch(() => undefined);
  return facts !== undefined && facts.state === '' && host.system.uid === 0;
}

/** Whether the machine has an address in a network by now. */
export async function hasAddress({ processes }: Host): Promise<boolean> {
  const words = ['-j', 'address', 'show', 'scope', 'global'];
  const { stdout } = await processes.run('ip', words, { timeoutMs: 10_000 });
  const links: readonly unknown[] = stdout.trim() === '' ? [] : JSON.parse(stdout);
  return links.some((link) => Array.isArray(Object(link).addr_info) && Object(link).addr_info.length > 0);
}

/**
 * Makes it the network of this system; with undefined what an earlier answer has set up is taken back. Throws OpsError
 * `tool-failed` (refused) and what the file system says.
 */
export async function setUpNow(host: Host, network: KeyValue<'bos.network'> | undefined): Promise<void> {
  const { files } = host;
  const before = await files.exists(liveNetworkFile);
  if (network === undefined && !before) return;
  if (network === undefined) await files.remove(liveNetworkFile);
  else {
    await files.makeDir(liveNetworkFile.replace(/\/[^/]*$/, ''), 0o755);
    await files.writeAtomic(liveNetworkFile, `${JSON.stringify({ bos: { network } })}\n`, { mode: 0o600 });
  }
  const { config } = await loadConfig(host, '/', { cloud: true });
  await interfacesApplier.run(applyContext(host, '/', 'runtime', config));
}
