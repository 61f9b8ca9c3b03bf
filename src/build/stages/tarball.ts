/** The rootfs tarball: the medium's bos folder below one top folder, to be unpacked over an existing system. */
import { versions } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Host } from '../../host/ports.ts';
import { type ArchiveEntry, tarBytes, writeBytes } from '../archive.ts';
import type { Stage } from '../stage.ts';
import { walkTree } from '../tree.ts';

/** The content is compressed already. */
const level = 1;

/** Makes `rootfs.tar.gz`. */
export function tarballStage(
  { files }: Pick<Host, 'files'>,
  needs: Readonly<Record<'medium', Stage>>,
  arch: string,
  date: number,
): Stage<'medium'> {
  const top = `bos-rootfs-${arch}`;
  return {
    name: 'tarball',
    title: 'Write the rootfs tarball',
    inputs: { top, date, level, zlib: versions.zlib },
    needs,
    make: async ({ folder, from, percent, signal }) => {
      const tree = `${from.medium}/tree`;
      const entries: ArchiveEntry[] = [];
      let size = 0;
      for (const { path, stat } of await walkTree(files, tree)) {
        // Files and links only: a folder entry would replace a symlink of the system it is unpacked over.
        if (!path.startsWith('bos/') || stat.type === 'directory') continue;
        const [file, name] = [`${tree}/${path}`, `${top}/${path}`];
        if (stat.type === 'symlink') entries.push({ path: name, link: await files.readLink(file) });
        else entries.push({ path: name, mode: stat.mode, file });
        size += stat.size;
      }
      const packed = `${folder}/rootfs.tar.gz`;
      await pipeline(
        tarBytes(files, entries, date),
        createGzip({ level }),
        (pieces) =>
          writeBytes(files, packed, pieces, (done) =>
            percent(Math.min(99, (done / Math.max(1, size)) * 100)),
          ),
        { signal },
      );
      await files.chmod(packed, 0o644);
    },
  };
}
