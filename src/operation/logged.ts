/** What --debug and --verbose add: every program that is run, how long it took and how it ended. */
import type { Host } from '../host/ports.ts';

/** The same host, telling `log` what it runs. No argument of a step carries a secret: those are files. */
export function logged(host: Host, log: (line: string) => void): Host {
  return {
    ...host,
    processes: {
      ...host.processes,
      run: async (command, args, options) => {
        const start = host.clock.monotonic();
        const line = `+ ${[command, ...args].join(' ')}`;
        try {
          const result = await host.processes.run(command, args, options);
          log(`${line} (${Math.round(host.clock.monotonic() - start)} ms, exit ${result.exitCode})`);
          return result;
        } catch (error) {
          log(`${line} failed after ${Math.round(host.clock.monotonic() - start)} ms`);
          throw error;
        }
      },
    },
  };
}
