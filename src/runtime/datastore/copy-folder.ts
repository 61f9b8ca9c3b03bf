/** A copy of a folder that counts only when it is whole: made under another name, written out, compared, then named. */
import { dirname, join } from 'node:path';
import { OpsError } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';

type Machine = Pick<Host, 'files' | 'processes'>;

/**
 * Copies `from` to `to`, by way of `partial` on the same file system, which is what a power cut leaves. Owners and modes
 * stay; a clone where the file system can. What else than files, folders and links lies there (sockets) is left out: DCP
 * makes it anew. Throws what copying throws, with nothing left behind where that can be removed, and `read-back` (broken).
 */
export async function copyFolder(
  host: Machine,
  { from, partial, to }: { readonly from: string; readonly partial: string; readonly to: string },
): Promise<void> {
  const { files, processes } = host;
  await files.remove(partial);
  await files.makeDir(dirname(partial), 0o700);
  try {
    await copyTree(host, from, partial);
    await processes.run('sync', ['-f', partial]);
    await compareTree(host, from, partial);
    await files.makeDir(dirname(to), 0o700);
    await files.remove(to);
    await files.rename(partial, to);
    await processes.run('sync', ['-f', to]);
  } catch (error) {
    // On a full disk what is half there takes the space that DCP would need.
    await files.remove(partial).catch(() => {});
    throw error;
  }
}

async function copyTree(host: Machine, from: string, to: string): Promise<void> {
  const { files } = host;
  const stat = await files.stat(from);
  if (stat === undefined || ['other', 'block'].includes(stat.type)) return;
  if (stat.type === 'symlink') {
    await files.symlink(await files.readLink(from), to);
    await files.chown(to, stat.uid, stat.gid);
    return;
  }
  if (stat.type === 'file') await files.copy(from, to);
  else {
    await files.makeDir(to, 0o700);
    for (const name of await files.list(from)) await copyTree(host, join(from, name), join(to, name));
  }
  // The owner first: chown(2) takes bits of the mode away.
  await files.chown(to, stat.uid, stat.gid);
  await files.chmod(to, stat.mode);
}

async function compareTree(host: Machine, from: string, to: string): Promise<void> {
  const { files } = host;
  for (const name of await files.list(from)) {
    const [original, copy] = [join(from, name), join(to, name)];
    const type = (await files.stat(original))?.type;
    if (type === 'directory') await compareTree(host, original, copy);
    else if (type === 'file' && (await files.digest(original)) !== (await files.digest(copy)))
      throw new OpsError('broken', 'read-back', `${original} reads back differently from its copy`, {
        hint: 'The disk may be failing: see `sudo dmesg`.',
      });
  }
}
