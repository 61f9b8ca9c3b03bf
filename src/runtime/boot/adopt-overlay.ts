/**
 * The boot environment of a system that was laid over a board's own: made by the first boot of what a tarball has
 * brought, since no installer was there. os/board/parts/deployment.sh reads it before anything of the system is mounted,
 * and counts the starts of a new version in it.
 */
import { dirname, join } from 'node:path';
import type { BootFacts } from '../../boot/boot-facts.ts';
import { boardKernel } from '../../boot/deployment.ts';
import { parseBootEnvironment, renderBootEnvironment, stateEnvironmentPath } from '../../boot/environment.ts';
import { statePath } from '../../boot/installed-environment.ts';
import type { Host } from '../../host/ports.ts';
import { overlayFiles } from '../../media/overlay.ts';

/** Which unpacking of a tarball the environment belongs to: another one has the last word on what starts. */
export const unpackedVariable = 'bos_unpacked';

/** Does nothing when the environment is that of this tarball. */
export async function adoptOverlay({ files }: Host, root: string, boot: BootFacts): Promise<void> {
  const state = join(root, statePath);
  const path = join(state, stateEnvironmentPath);
  const unpacked = (await files.readText(join(state, overlayFiles.unpacked))).trim();
  if (await isOf(files, path, unpacked)) return;
  const { kernel, os, dcp } = boot;
  const block = renderBootEnvironment({
    ...{ mark: 'valid', stateUuid: boardKernel, kernel, os, dcp: dcp === '' ? null : dcp },
    others: { [unpackedVariable]: unpacked },
  });
  await files.makeDir(dirname(path), 0o755);
  await files.writeAtomic(path, block, { mode: 0o644 });
}

async function isOf(files: Host['files'], path: string, unpacked: string): Promise<boolean> {
  try {
    return parseBootEnvironment(await files.read(path)).others[unpackedVariable] === unpacked;
  } catch {
    // None, or one that was cut short.
    return false;
  }
}
