/** How long `opsctl plan` takes, and `opsctl plan validate` of a hundred Plans. */
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import type { Figure, Measurement } from '../figure.ts';
import { bundleIsCurrent } from '../freshness.ts';
import { median, spread } from '../statistics.ts';

/** Milliseconds. */
const allowance = 1000;
const rounds = 11;
const count = 100;

export const plans: Figure = {
  name: 'plans',
  title: 'Upgrade Plans',
  method: [
    `\`opsctl plan\`, and \`opsctl plan validate\` of one file with ${count} Plans and their accounts, ${rounds} times after one time that does not count, by the bundle on the Node.js that ships: from the start of the process to its end, median. Beside it, how many times as long as \`node -e 0\` in the same run.`,
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const bundle = join(bench.root, 'dist/opsctl-start.cjs');
    const asked = `at most ${allowance} ms`;
    const render = 'print a Plan';
    const check = `validate ${count} Plans`;
    if (!(await bundleIsCurrent(bench))) {
      const measured = 'the bundle is older than the sources';
      return { rows: [render, check].map((figure) => ({ figure, asked, measured })), raw: [measured] };
    }
    const { files, processes, clock } = bench.host;
    const node = process.execPath;
    const made: string[] = [];
    const { stdout } = await processes.run(node, [bundle, 'plan', '--name', 'bos-000']);
    for (let index = 0; index < count; index++)
      made.push(stdout.replaceAll('bos-000', `bos-${String(index).padStart(3, '0')}`));
    const file = join(bench.folder, 'plans.yaml');
    await files.write(file, made.join('---\n'));
    const commands: [what: string, args: string[]][] = [
      ['node -e 0', ['-e', '0']],
      [render, [bundle, 'plan']],
      [check, [bundle, 'plan', 'validate', file]],
    ];
    const runs = new Map<string, number[]>(commands.map(([what]) => [what, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const [what, args] of commands) {
        const start = clock.monotonic();
        await processes.run(node, args);
        if (round > 0) runs.get(what)?.push(clock.monotonic() - start);
      }
    }
    const bare = median(runs.get('node -e 0') ?? []);
    return {
      rows: [render, check].map((figure) => {
        const time = median(runs.get(figure) ?? []);
        const measured = `${time.toFixed(0)} ms, ${(time / bare).toFixed(1)} × node -e 0`;
        return { figure, asked, measured, met: time <= allowance };
      }),
      raw: [...[...runs].map(([what, values]) => `${what}: ${spread(values)}`), `load ${await bench.load()}`],
    };
  },
};
