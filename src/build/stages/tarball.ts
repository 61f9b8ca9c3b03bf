/** The rootfs tarball: the medium's bos folder below one top folder, to be unpacked over an existing system. */
import type { Host } from '../../host/ports.ts';
import type { Stage } from '../stage.ts';
import { walkTree } from '../tree.ts';
import { watchGrowth } from './growth.ts';

/** Makes `rootfs.tar.gz`. */
export function tarballStage(
  host: Host,
  needs: Readonly<Record<'medium', Stage>>,
  arch: string,
  date: number,
): Stage<'medium'> {
  const options = [
    ...['--no-recursion', '--format=gnu', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${date}`],
    // Names (r), not the targets of symlinks (S) and hard links (H).
    `--transform=s,^,bos-rootfs-${arch}/,rSH`,
  ];
  // The content is compressed already.
  const compress = ['-n', '-1'];
  return {
    name: 'tarball',
    title: 'Write the rootfs tarball',
    inputs: { options, compress },
    tools: ['tar', 'gzip'],
    needs,
    make: async ({ folder, from, percent }) => {
      const tree = `${from.medium}/tree`;
      const tar = `${folder}/rootfs.tar`;
      // Files and links only: a folder entry would replace a symlink of the system it is unpacked over.
      const names = (await walkTree(host.files, tree))
        .filter(({ path, stat }) => path.startsWith('bos/') && stat.type !== 'directory')
        .map(({ path }) => `${path}\n`);
      await host.processes.run(
        'tar',
        ['--create', `--file=${tar}`, `--directory=${tree}`, ...options, '--files-from=-'],
        { input: names.join('') },
      );
      percent(15);
      const packed = `${tar}.gz`;
      const expected = (await host.files.stat(tar))?.size ?? 0;
      await watchGrowth(host, { path: packed, expected, start: 15 }, percent, () =>
        host.processes.run('gzip', [...compress, tar]),
      );
      await host.files.chmod(packed, 0o644);
    },
  };
}
