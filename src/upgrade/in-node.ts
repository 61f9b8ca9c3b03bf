/**
 * The programs of the node that a container works on: the container of an upgrade has none of its own. They are run
 * where they are at home, below the root of the node; what gets there, chroot(8), is started by the node's own loader.
 */
import { architectures } from '../architectures.ts';
import { withBundledPrograms } from '../host/bundled-programs.ts';
import type { Host } from '../host/ports.ts';

const folders = ['usr/sbin', 'usr/bin'];

/**
 * The same host, with the programs of the node whose root is at `root`: paths below it are those that the node has. As it
 * is when that is `/`.
 */
export function inNode(host: Host, root: string): Host {
  if (root === '/') return host;
  const { loader, triplet } = architectures[host.system.arch];
  const { processes } = withBundledPrograms(host, {
    ...{ loader: `${root}/${loader}`, libraries: `${root}/usr/lib/${triplet}`, env: {} },
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
