/**
 * A mutation run: one change after the other is made in a copy of the project, and the tests have to notice it.
 *
 *   npm run mutate -- --class critical             every critical one
 *   npm run mutate -- --sample 150 --seed 7        that many of each class, the same for the same seed
 *   npm run mutate -- --files 'src/steps/**'       of these files
 *   npm run mutate -- --in src/steps/filesystem/relabel.ts:20 those that begin in this line
 *   npm run mutate -- --short                      without the long tests
 *   npm run mutate -- --list                       says what it would try
 *   npm run mutate -- --write                      and writes docs/mutations.md
 */
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { importGraph } from './import-graph.ts';
import { mutationsOf, sampleOf } from './mutate/find.ts';
import { type Mutation, type MutationClass, shown } from './mutate/mutation.ts';
import { mutationsPage } from './mutate/page.ts';
import { readReasons } from './mutate/reasons.ts';
import { runAll } from './mutate/run.ts';
import type { Verdict } from './mutate/try.ts';

/** What installs, boots and remasters; a command line or a question that is wrong is seen by whoever types it. */
const mutated = 'src/{steps,plan,operation,install,formats,boot,iso,host}/**/*.ts';
const project = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const cache = `${project}/node_modules/.cache/mutate`;

const { values } = parseArgs({
  options: {
    class: { type: 'string' },
    files: { type: 'string', default: mutated },
    in: { type: 'string' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    short: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

function chosen(): Mutation[] {
  const [file, line] = values.in?.split(':') ?? [];
  const files = globSync(file ?? values.files, { cwd: project }).toSorted();
  const all = files
    .flatMap((path) => mutationsOf(path, readFileSync(`${project}/${path}`, 'utf8')))
    .filter((mutation) => line === undefined || mutation.line === Number(line));
  return (['critical', 'other'] satisfies MutationClass[])
    .filter((kind) => values.class === undefined || values.class === kind)
    .flatMap((kind) => {
      const ofClass = all.filter((mutation) => mutation.class === kind);
      return values.sample === undefined
        ? ofClass
        : sampleOf(ofClass, Number(values.sample), Number(values.seed));
    });
}

const nameOf = (mutation: Mutation) =>
  `${mutation.file}:${mutation.line} ${mutation.operator}: ${shown(readFileSync(`${project}/${mutation.file}`, 'utf8'), mutation)}`;

async function main(): Promise<void> {
  const mutations = chosen();
  if (values.list) {
    for (const mutation of mutations) console.log(`${mutation.class} ${nameOf(mutation)}`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'm-'));
  let done = 0;
  const said = (verdict: Verdict) => {
    done += 1;
    const { mutation, killed, by, why, ms } = verdict;
    const result = killed ? `killed by ${by}: ${why?.split('\n')[0]?.slice(0, 120)}` : 'SURVIVED';
    console.log(`${done}/${mutations.length} ${mutation.class} ${nameOf(mutation)}: ${result} (${ms} ms)`);
  };
  try {
    const verdicts = await runAll(mutations, {
      ...{ project, folder, cache, said, graph: importGraph(project) },
      workers: Math.min(2, availableParallelism()),
      long: !values.short,
      note: (line) => console.log(line),
    });
    mkdirSync(cache, { recursive: true });
    writeFileSync(`${cache}/last.json`, JSON.stringify(verdicts, null, 1));
    const page = mutationsPage(verdicts, readReasons(project), {
      ...{ long: !values.short, text: (file) => readFileSync(`${project}/${file}`, 'utf8') },
      sample: values.sample === undefined ? undefined : { count: Number(values.sample), seed: values.seed },
    });
    if (values.write) writeFileSync(`${project}/docs/mutations.md`, page);
    else console.log(page);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// The processes that try mutations end with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
await main();
