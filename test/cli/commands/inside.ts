/** Runs opsctl as it runs in the OS, on a fake root. */
import { join } from 'node:path';
import type { CommandDefinition } from '../../../src/cli/command.ts';
import type { Files, Host, Processes } from '../../../src/host/ports.ts';
import type { FakeRoot } from '../../runtime/fake-root.ts';
import { runProgram } from './install/fake-world.ts';

/** Which arguments are paths, where it is not the first alone. */
const pathsOf: { readonly [Name in keyof Files]?: readonly number[] } = {
  rename: [0, 1],
  copy: [0, 1],
  symlink: [1],
};

/** The host with every absolute path below the fake root, as in a chroot. */
function inside({ host, root }: FakeRoot): Host {
  const files = new Proxy(host.files, {
    get: (target, name: keyof Files) => {
      const method = target[name] as (...args: unknown[]) => unknown;
      const paths = pathsOf[name] ?? [0];
      return async (...args: unknown[]) => {
        const below = args.map((arg, index) => (paths.includes(index) ? join(root, String(arg)) : arg));
        const result = await method(...below);
        return name === 'realPath' ? String(result).replace(root, '') : result;
      };
    },
  });
  const below = (arg: string) => (arg.startsWith('/') ? join(root, arg) : arg);
  const processes: Processes = {
    ...host.processes,
    run: (command, args, options) => host.processes.run(command, args.map(below), options),
  };
  return { ...host, files, processes, system: { ...host.system, uid: 0, cwd: () => '/' } };
}

/** `opsctl COMMAND ARGV…` in the fake root, to its end. */
export const runInside = (fake: FakeRoot, command: CommandDefinition, argv: readonly string[]) =>
  runProgram([command.name, ...argv], { commands: [command], host: inside(fake) });
