/** `make` when there is nothing to do. */
import type { Bench } from '../bench.ts';
import type { Figure, Measurement } from '../figure.ts';
import { bundleIsCurrent } from '../freshness.ts';
import { median, seconds, spread } from '../statistics.ts';

/** Milliseconds. */
const limit = 5_000;
const rounds = 3;

export const secondMake: Figure = {
  name: 'second-make',
  title: 'make with nothing changed',
  method: [
    `\`make\` once, which does not count, then ${rounds} times; the figure is the median. Not measured when the bundle is older than the sources: then the first \`make\` would build.`,
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const row = { figure: 'second make, nothing changed', asked: `under ${limit / 1000} s` };
    if (!(await bundleIsCurrent(bench))) {
      const measured = 'the bundle is older than the sources';
      return { rows: [{ ...row, measured }], raw: [`${measured}: build it first`] };
    }
    const runs: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const start = bench.host.clock.monotonic();
      await bench.host.processes.run('make', ['--no-print-directory', '-C', bench.root]);
      if (round > 0) runs.push(bench.host.clock.monotonic() - start);
    }
    const ms = median(runs);
    return {
      rows: [{ ...row, measured: seconds(ms), met: ms < limit }],
      raw: [`make: ${spread(runs)}; load ${await bench.load()}`],
    };
  },
};
