/**
 * What the search found, where the rest of the system finds it: /run/config/{userdata,local_hostname,provider} and
 * /run/config/ssh/authorized_keys. A script or binary is also put, unpacked, where run_cmd can run it.
 */
import { dirname, join } from 'node:path';
import { cloudFiles } from '../../config/sources/cloud-layers.ts';
import { classify } from '../../config/sources/user-data.ts';
import type { Host } from '../../host/ports.ts';
import type { Found } from './source.ts';

/** The name of the source that the results are from. */
const providerPath = '/run/config/provider';

const modes: Readonly<Record<string, number>> = {
  // A password or a token may stand in them.
  [cloudFiles.userData]: 0o600,
  [cloudFiles.program]: 0o700,
  [cloudFiles.hostname]: 0o644,
  [cloudFiles.sshKeys]: 0o600,
  [providerPath]: 0o644,
};

/** Makes /run/config say this and nothing else; true when it said something else before. */
export async function storeResults(
  host: Host,
  root: string,
  found: Found,
  provider: string | undefined,
): Promise<boolean> {
  const { userData, hostname, sshKeys } = found;
  const form = userData === undefined ? undefined : await classify(userData);
  const contents = {
    [cloudFiles.userData]: userData,
    [cloudFiles.program]: form?.kind === 'program' ? form.data : undefined,
    [cloudFiles.hostname]: hostname === undefined ? undefined : Buffer.from(`${hostname}\n`),
    [cloudFiles.sshKeys]: sshKeys.length === 0 ? undefined : Buffer.from(`${sshKeys.join('\n')}\n`),
    [providerPath]: provider === undefined ? undefined : Buffer.from(`${provider}\n`),
  };
  let changed = false;
  for (const [path, data] of Object.entries(contents)) {
    if (await replace(host, root, path, data)) changed = true;
  }
  return changed;
}

/** Whether results of an earlier search are there, of a source that is still among `names`. */
export async function keepResults(host: Host, root: string, names: readonly string[]): Promise<boolean> {
  const provider = await host.files.readText(join(root, providerPath)).catch(() => '');
  return names.includes(provider.trim());
}

async function replace(
  host: Host,
  root: string,
  path: string,
  data: Uint8Array | undefined,
): Promise<boolean> {
  const { files } = host;
  const target = join(root, path);
  const before = await files.stat(target);
  if (data === undefined) {
    if (before !== undefined) await files.remove(target);
    return before !== undefined;
  }
  const mode = modes[path] ?? 0o600;
  const same = before?.type === 'file' && before.mode === mode && (await files.read(target)).equals(data);
  if (same) return false;
  const folder = dirname(target);
  await files.makeDir(join(root, '/run/config'), 0o755);
  await files.makeDir(folder, 0o700);
  await files.writeAtomic(target, data, { mode });
  return true;
}
