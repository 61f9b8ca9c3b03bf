/** Watching the programs that an operation runs: for its journal, and for --debug and --verbose. */
import type { Host } from '../host/ports.ts';

/** A program that has ended. No argument of a step carries a secret: those are files. */
export interface ProgramEnd {
  /** With its arguments, as one line. */
  readonly command: string;
  /** Milliseconds. */
  readonly ms: number;
  /** Absent when it failed, or ended in a way that counts as failing. */
  readonly exitCode?: number;
  readonly error?: unknown;
}

/** The same host, telling `tell` of every program that it has run. */
export function observed(host: Host, tell: (end: ProgramEnd) => void): Host {
  return {
    ...host,
    processes: {
      ...host.processes,
      run: async (command, args, options) => {
        const start = host.clock.monotonic();
        const ended = (how: Pick<ProgramEnd, 'exitCode' | 'error'>) => {
          const ms = Math.round(host.clock.monotonic() - start);
          tell({ command: [command, ...args].join(' '), ms, ...how });
        };
        try {
          const result = await host.processes.run(command, args, options);
          ended({ exitCode: result.exitCode });
          return result;
        } catch (error) {
          ended({ error });
          throw error;
        }
      },
    },
  };
}

/** The same host, with a line in `log` for every program that it has run. */
export const logged = (host: Host, log: (line: string) => void): Host =>
  observed(host, ({ command, ms, exitCode }) =>
    log(
      exitCode === undefined
        ? `+ ${command} failed after ${ms} ms`
        : `+ ${command} (${ms} ms, exit ${exitCode})`,
    ),
  );
