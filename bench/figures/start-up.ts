/** How long `opsctl --version` and `--help` take, against a Node.js that does nothing. */
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import type { Figure, Measurement } from '../figure.ts';
import { bundleIsCurrent } from '../freshness.ts';
import { median, spread } from '../statistics.ts';

/** Milliseconds. */
const allowance = 30;
const rounds = 40;

export const startUp: Figure = {
  name: 'start-up',
  title: 'Start of opsctl',
  method: [
    `Each in turn, ${rounds} times, after one time that does not count: \`node -e 0\`, the bundle on the same Node.js, and \`bin/opsctl\`, which is what a person types (a shell script that looks whether the bundle is current, then the bundle with V8's compile cache). From the start of the process to its end; the figure is the difference of the medians.`,
    'A difference in milliseconds is no ratio: on a machine with other work all of these times grow, and the difference with them.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const node = process.execPath;
    const bundle = join(bench.root, 'dist/opsctl-start.cjs');
    const typed = join(bench.root, 'bin/opsctl');
    const commands: [what: string, command: string[]][] = [
      ['node -e 0', [node, '-e', '0']],
      ['bin/opsctl --version', [typed, '--version']],
      ['bin/opsctl --help', [typed, '--help']],
      ['the bundle, --version', [node, bundle, '--version']],
      ['the bundle, --help', [node, bundle, '--help']],
    ];
    // Without a current bundle bin/opsctl runs the sources, for developing.
    const fault = (await bundleIsCurrent(bench)) ? undefined : 'the bundle is older than the sources';
    const asked = `at most node -e 0 + ${allowance} ms`;
    if (fault !== undefined) {
      const rows = commands.slice(1).map(([figure]) => ({ figure, asked, measured: fault }));
      return { rows, raw: [`${fault}: build it first`] };
    }
    const runs = new Map<string, number[]>(commands.map(([what]) => [what, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const [what, [program = '', ...args]] of commands) {
        const start = bench.host.clock.monotonic();
        await bench.host.processes.run(program, args);
        if (round > 0) runs.get(what)?.push(bench.host.clock.monotonic() - start);
      }
    }
    const bare = median(runs.get('node -e 0') ?? []);
    return {
      rows: commands.slice(1).map(([what]) => {
        const more = median(runs.get(what) ?? []) - bare;
        return { figure: what, asked, measured: `node -e 0 + ${more.toFixed(0)} ms`, met: more <= allowance };
      }),
      raw: [...[...runs].map(([what, values]) => `${what}: ${spread(values)}`), `load ${await bench.load()}`],
    };
  },
};
