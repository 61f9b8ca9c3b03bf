/** Hostile inputs: what reading or refusing them takes. */
import { join } from 'node:path';
import { parsers } from '../../test/corpus/parsers/index.ts';
import type { Bench } from '../bench.ts';
import type { Figure, Measurement } from '../figure.ts';

const reach = { milliseconds: 1000, megabytes: 300 } as const;
const changed = 100;
/** The same inputs each time. */
const seed = 1;

interface Taken {
  readonly inputs: number;
  readonly cpuMs: number;
  readonly memory: number;
  readonly thrown: readonly string[];
}

export const hostile: Figure = {
  name: 'hostile',
  title: 'Hostile inputs',
  method: [
    `Every parser of foreign bytes, in a process of its own, looks at its seeds, at what fuzzing has found, and at ${changed} inputs of up to 2 MiB that are changed at random, the same each time. The figures are of the one input that takes most: processor time, and memory above what the process had before. Whatever else than a refusal is thrown counts as missed. \`npm run fuzz\` looks at as many as there is time for.`,
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const script = join(bench.root, 'scripts/fuzz/measure.ts');
    const all: (Taken & { readonly name: string })[] = [];
    for (const name of Object.keys(parsers)) {
      bench.say(name);
      const args = ['--disable-warning=ExperimentalWarning', script, name, `${seed}`, `${changed}`];
      const { stdout } = await bench.host.processes.run(process.execPath, args, { timeoutMs: 600_000 });
      all.push({ name, ...(JSON.parse(stdout) as Taken) });
    }
    const slowest = Math.max(...all.map(({ cpuMs }) => cpuMs));
    const largest = Math.max(...all.map(({ memory }) => memory)) / 1e6;
    const thrown = all.flatMap((one) => one.thrown.map((what) => `${one.name}: ${what}`));
    return {
      rows: [
        {
          figure: 'a hostile input: processor time',
          asked: `at most ${reach.milliseconds} ms`,
          measured: `${slowest.toFixed(0)} ms`,
          met: slowest <= reach.milliseconds && thrown.length === 0,
        },
        {
          figure: 'a hostile input: memory',
          asked: `at most ${reach.megabytes} MB`,
          measured: `${largest.toFixed(0)} MB`,
          met: largest <= reach.megabytes && thrown.length === 0,
        },
      ],
      raw: [
        ...all.map(
          ({ name, inputs, cpuMs, memory }) =>
            `${name}: ${inputs} inputs, ${cpuMs.toFixed(0)} ms, ${(memory / 1e6).toFixed(0)} MB`,
        ),
        ...thrown,
      ],
    };
  },
};
