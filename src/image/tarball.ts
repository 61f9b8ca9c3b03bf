/** The rootfs tarball: the medium's bos folder below one top folder, to be unpacked over an existing system. */
import type { Host } from '../host/ports.ts';
import type { Stage } from './stage.ts';

/** Makes `rootfs.tar.gz`, with the same bytes for the same tree. */
export function tarballStage(host: Host, tree: string, arch: string, date: number): Stage {
  return {
    name: 'tarball',
    title: 'Write the rootfs tarball',
    inputs: { tree, arch, date },
    make: async ({ folder }) => {
      const tar = `${folder}/rootfs.tar`;
      // Files and links only: a folder entry would replace a symlink of the system it is unpacked over.
      const { stdout } = await host.processes.run(
        'find',
        ['bos', '(', '-type', 'f', '-o', '-type', 'l', ')'],
        { cwd: tree },
      );
      await host.processes.run(
        'tar',
        [
          ...[
            '--create',
            `--file=${tar}`,
            `--directory=${tree}`,
            '--no-recursion',
            '--format=gnu',
            '--owner=0',
            '--group=0',
          ],
          ...[
            '--numeric-owner',
            `--mtime=@${date}`,
            `--transform=s,^,bos-rootfs-${arch}/,RSh`,
            '--files-from=-',
          ],
        ],
        { input: `${stdout.trim().split('\n').sort().join('\n')}\n` },
      );
      // The content is compressed already.
      await host.processes.run('gzip', ['-n', '-1', tar]);
    },
  };
}
