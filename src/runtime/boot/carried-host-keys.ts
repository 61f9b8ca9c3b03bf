/**
 * The ssh host keys of the system that a takeover found: whoever knows the machine finds it to be the same. They are made
 * ours before any are drawn; a boot that is cut short does it again.
 */
import { join } from 'node:path';
import { carriedHostKeysFolder, hostKeyName } from '../../boot/carried-host-keys.ts';
import { statePath } from '../../boot/installed-environment.ts';
import type { Host } from '../../host/ports.ts';

/** Moves them to `kept`, a folder that is there. */
export async function takeCarriedHostKeys({ files }: Host, root: string, kept: string): Promise<void> {
  // A system that is tried from memory has no state, and finds them on its medium.
  const installed = join(root, statePath, carriedHostKeysFolder);
  const folder = (await files.exists(installed)) ? installed : join(root, carriedHostKeysFolder);
  const names = (await files.list(folder)).filter((name) => hostKeyName.test(name));
  // The private one last: that it is there means that both are.
  const ordered = names.toSorted((a, b) => Number(b.endsWith('.pub')) - Number(a.endsWith('.pub')));
  for (const name of ordered) {
    const mode = name.endsWith('.pub') ? 0o644 : 0o600;
    await files.writeAtomic(join(kept, name), await files.read(join(folder, name)), { mode });
  }
  // Where the state stays as it is (ephemeral mode), the next boot takes them again; a medium is never changed.
  if (names.length > 0 && folder === installed) await files.remove(folder).catch(() => {});
}
