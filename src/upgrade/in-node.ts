/**
 * The programs of the node that a container works on: the container of an upgrade has none of its own. They are run
 * where they are at home, below the root of the node; what gets there, chroot(8), is started by the node's own loader.
 */
import { withBundledPrograms } from '../host/bundled-programs.ts';
import type { Host } from '../host/ports.ts';

/** Of Debian's multiarch folders, as they are in the root file system of Bhojpur OS. */
const loaders = {
  amd64: { loader: 'lib64/ld-linux-x86-64.so.2', libraries: 'usr/lib/x86_64-linux-gnu' },
  arm64: { loader: 'lib/ld-linux-aarch64.so.1', libraries: 'usr/lib/aarch64-linux-gnu' },
  arm: { loader: 'lib/ld-linux-armhf.so.3', libraries: 'usr/lib/arm-linux-gnueabihf' },
} as const;

const folders = ['usr/sbin', 'usr/bin'];

/**
 * The same host, with the programs of the node whose root is at `root`: paths below it are those that the node has. As it
 * is when that is `/`.
 */
export function inNode(host: Host, root: string): Host {
  if (root === '/') return host;
  const { loader, libraries } = loaders[host.system.arch];
  const { processes } = withBundledPrograms(host, {
    ...{ loader: `${root}/${loader}`, libraries: `${root}/${libraries}`, env: {} },
    programs: new Map([['chroot', `${root}/usr/sbin/chroot`]]),
  });
  const inside = (word: string) => (word.startsWith(`${root}/`) ? word.slice(root.length) : word);
  return {
    ...host,
    processes: {
      ...host.processes,
      run: (command, args, options = {}) =>
        processes.run('chroot', [root, command, ...args.map(inside)], {
          ...options,
          program: options.program ?? command,
        }),
      which: async (command) => {
        for (const folder of folders)
          if (await host.files.exists(`${root}/${folder}/${command}`)) return `/${folder}/${command}`;
        return undefined;
      },
    },
  };
}
