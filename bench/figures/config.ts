/** How long a configuration of 1 MB takes to be read: YAML, every key checked, sources merged. */
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Bench } from '../bench.ts';
import type { Figure, Measurement, Row } from '../figure.ts';
import { median, spread } from '../statistics.ts';

/** Bytes. */
const size = 1_000_000;
const rounds = 7;

interface Sample {
  readonly what: string;
  /** Milliseconds; without, it is measured to be known and makes no row. */
  readonly allowance?: number;
  /** A valid configuration of `size` bytes, a little more or less. */
  readonly text: () => string;
}

const samples: readonly Sample[] = [
  { what: 'files to write, and labels', allowance: 1000, text: filesAndLabels },
  { what: 'nothing but short labels, the slowest there is', text: shortLabels },
];

function filesAndLabels(): string {
  const line = '      a line of some file, about as long as such lines are\n';
  const file = (index: number) =>
    `  - path: /var/lib/sample/${index}\n    permissions: "0644"\n    content: |\n${line.repeat(8)}`;
  const label = (index: number) => `    sample-${index}: "value ${index}"\n`;
  return `write_files:\n${repeated(file, size * 0.8)}bos:\n  labels:\n${repeated(label, size * 0.2)}`;
}

function shortLabels(): string {
  return `bos:\n  labels:\n${repeated((index) => `    k${index}: v\n`, size)}`;
}

function repeated(piece: (index: number) => string, length: number): string {
  const pieces: string[] = [];
  for (let index = 0, total = 0; total < length; index++) {
    const text = piece(index);
    pieces.push(text);
    total += text.length;
  }
  return pieces.join('');
}

const source = (name: string) => JSON.stringify(new URL(`../../src/config/${name}`, import.meta.url).href);

/** In a process of its own, as at boot: the code is cold, and loading it counts. */
const program = `
  const text = require('node:fs').readFileSync(process.argv[1]);
  const start = performance.now();
  Promise.all([import(${source('yaml.ts')}), import(${source('merge.ts')})]).then(([yaml, { merge }]) => {
    const { layer, diagnostics } = yaml.parseConfigYaml(text, 'config.yaml');
    merge([layer]);
    if (diagnostics.length > 0 || layer.entries.size === 0) throw new Error('the sample is not valid');
    console.log(performance.now() - start);
  });
`;

async function measureSample({ what, allowance, text }: Sample, bench: Bench) {
  const { files, processes, clock } = bench.host;
  const file = join(bench.folder, 'config.yaml');
  const yaml = text();
  await files.write(file, yaml);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    times.push(Number((await processes.run(process.execPath, ['-e', program, file])).stdout));
  }
  const json = JSON.stringify(parse(yaml));
  const start = clock.monotonic();
  for (let round = 0; round < rounds; round++) JSON.parse(json);
  const jsonTime = (clock.monotonic() - start) / rounds;
  const time = median(times);
  const rows: Row[] =
    allowance === undefined
      ? []
      : [
          {
            figure: `1 MB of configuration: ${what}`,
            asked: `at most ${allowance} ms`,
            measured: `${time.toFixed(0)} ms, ${(time / jsonTime).toFixed(0)} × JSON.parse`,
            met: time <= allowance,
          },
        ];
  return { rows, raw: `${what}: ${spread(times)}; JSON.parse ${jsonTime.toFixed(1)} ms` };
}

export const config: Figure = {
  name: 'config',
  title: 'A configuration of 1 MB',
  method: [
    `A file of ${size / 1_000_000} MB is parsed, validated and merged ${rounds} times, each time by a new process: the time from before the parser is loaded to the merged configuration, median. Beside it, how many times as long as JSON.parse takes for the same values in the same run.`,
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const measured = [];
    for (const sample of samples) measured.push(await measureSample(sample, bench));
    return {
      rows: measured.flatMap(({ rows }) => rows),
      raw: [...measured.map(({ raw }) => raw), `load ${await bench.load()}`],
    };
  },
};
