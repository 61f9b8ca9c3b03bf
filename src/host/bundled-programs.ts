/**
 * A host whose programs come out of a folder instead of the machine: each is started by the loader that lies beside
 * it, with the libraries that lie beside it. So nothing is mounted, paths and devices are those of the machine, and
 * neither its C library nor its configuration has a say.
 */
import type { Host, Processes, RunOptions } from './ports.ts';
import { ToolFailed } from './tool-failed.ts';

export interface BundledPrograms {
  /** The dynamic loader (ld.so(8), of glibc 2.33 or later: `--argv0`). */
  readonly loader: string;
  /** The folder of the libraries. */
  readonly libraries: string;
  /** By the name that a program is run by, the file: several names may be one file that goes by its name. */
  readonly programs: ReadonlyMap<string, string>;
  /** What else these programs are told. */
  readonly env: Readonly<Record<string, string>>;
}

/** The same host; what is not among the programs is the machine's own. */
export function withBundledPrograms(host: Host, bundled: BundledPrograms): Host {
  const { loader, libraries, programs, env } = bundled;
  const own = host.processes;
  const started = (command: string, args: readonly string[]): readonly string[] | undefined => {
    const file = programs.get(command);
    if (file === undefined) return undefined;
    // The machine's cache of libraries knows others of the same name.
    return ['--inhibit-cache', '--library-path', libraries, '--argv0', command, file, ...args];
  };
  const told = <T extends Pick<RunOptions, 'env'>>(options: T | undefined) => ({
    ...options,
    env: { ...env, ...options?.env },
  });

  const processes: Processes = {
    run: async (command, args, options) => {
      const words = started(command, args);
      if (words === undefined) return own.run(command, args, options);
      try {
        return await own.run(loader, words, told(options));
      } catch (error) {
        throw error instanceof ToolFailed ? asTyped(error, command, args) : error;
      }
    },
    start: (command, args, options) => {
      const words = started(command, args);
      return words === undefined
        ? own.start(command, args, options)
        : own.start(loader, words, told(options));
    },
    which: async (command) => programs.get(command) ?? (await own.which(command)),
    identify: own.identify,
  };
  return { ...host, processes };
}

/** The failure of the program, not of the loader that started it. */
function asTyped(failed: ToolFailed, command: string, args: readonly string[]): ToolFailed {
  const { exitCode, signal, timedOut, stdout, stderr } = failed;
  return new ToolFailed(
    {
      ...{ command, args, timedOut, stdout, stderr },
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(signal === undefined ? {} : { signal }),
    },
    failed,
  );
}
