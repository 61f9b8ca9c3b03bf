/**
 * Looks for inputs that a parser cannot bear: every parser of test/corpus/parsers, with its seeds and what was found
 * before, changed at random. What is found is made small and kept in test/corpus/found, where a test runs it for ever.
 *
 *   npm run fuzz -- [PART-OF-A-NAME…] [--minutes 60] [--seed N] [--jobs 2] [--write] [--list]
 *
 * The minutes, of processor time for each job, are shared among the parsers. `--write` puts the result into
 * docs/fuzzing.md. Exit code 1 when something was found.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { foundFolder, seedsOf } from '../test/corpus/found.ts';
import { parsers } from '../test/corpus/parsers/index.ts';
import { changedInput, inputRandom } from './fuzz/change.ts';
import { minimized } from './fuzz/minimize.ts';
import { fuzzingPage, type Result } from './fuzz/page.ts';
import { campaign, type Found, Looker } from './fuzz/processes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

const names = Object.keys(parsers).filter(
  (name) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);
const seed = Number(values.seed ?? Math.floor(Date.now() / 1000) % 2 ** 31);
const jobs = Number(values.jobs);
const seconds = (Number(values.minutes) * 60 * jobs) / names.length;

/** Of each kind of fault one, as small as it gets. */
async function keep(name: string, found: readonly Found[]): Promise<string[]> {
  const seeds = seedsOf(name);
  const looker = new Looker(name);
  const kept: string[] = [];
  for (const [kind, [first]] of Map.groupBy(found, (one) => one.kind)) {
    if (first === undefined) continue;
    const input =
      first.input === undefined
        ? changedInput(seeds, inputRandom(seed, first.index))
        : Buffer.from(first.input, 'base64');
    const same = async (smaller: Uint8Array) => (await looker.look(smaller))?.kind === kind;
    if (!(await same(input))) {
      console.log(`${name}: input ${first.index} did it once: ${first.why}`);
      continue;
    }
    const costly = ['slow', 'hung', 'died', 'large'].includes(kind);
    const small = await minimized(input, same, kind === 'hung' ? 12 : costly ? 40 : 2000);
    const file = join(foundFolder(name), createHash('sha256').update(small).digest('hex').slice(0, 16));
    mkdirSync(foundFolder(name), { recursive: true });
    writeFileSync(file, small);
    console.log(`${name}: ${kind}: ${first.why}; ${small.length} bytes, kept as ${file}`);
    kept.push(`${kind}: ${first.why}`);
  }
  looker.end();
  return kept;
}

async function run(): Promise<Result[]> {
  const left = [...names];
  const results: Result[] = [];
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      for (let name = left.shift(); name !== undefined; name = left.shift()) {
        const { inputs, found } = await campaign(name, seed, seconds);
        const faults = await keep(name, found);
        results.push({ name, inputs, faults });
        console.log(`${name}: ${inputs} inputs, ${faults.length} faults`);
      }
    }),
  );
  return results.toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
if (values.list) console.log(names.join('\n'));
else if (names.length === 0) {
  console.error('no parser has such a name');
  process.exitCode = 2;
} else {
  console.log(`seed ${seed}, ${Math.round(seconds)} seconds for each of ${names.length} parsers`);
  const results = await run();
  if (values.write)
    writeFileSync(
      join(import.meta.dirname, '../docs/fuzzing.md'),
      fuzzingPage(results, {
        seed,
        minutes: Number(values.minutes),
        date: new Date().toISOString().slice(0, 10),
      }),
    );
  if (results.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
}
