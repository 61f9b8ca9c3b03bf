/**
 * A mutation run: one change after the other is made in a copy of the project, and the tests have to notice it.
 *
 *   npm run mutate -- --class critical             every critical one
 *   npm run mutate -- --sample 150 --seed 7        that many of each class, the same for the same seed
 *   npm run mutate -- --sample 300 --others 80     that many critical ones, and that many others
 *   npm run mutate -- --files 'src/steps/**'       of these files
 *   npm run mutate -- --in src/steps/filesystem/relabel.ts:20 those that begin in this line
 *   npm run mutate -- --short                      without the long tests
 *   npm run mutate -- --near 5                     asks the nearest tests alone; what survives them is not kept
 *   npm run mutate -- --list                       says what it would try
 *   npm run mutate -- --write                      and writes docs/mutations.md
 *
 * Verdicts are kept as long as what they hang on does not change: a run that was stopped goes on where it was. The page
 * is of those that were asked for: what else is known would be killed ones mostly, whose verdicts hold longer. Begin with
 * --short: what survives it is all that the long tests are asked about.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { importGraph } from './import-graph.ts';
import { effectsOf } from './mutate/changes/effects.ts';
import { mutationsOf, sampleOf } from './mutate/changes/find.ts';
import { KeptVerdicts } from './mutate/kept.ts';
import { type Mutation, type MutationClass, shown } from './mutate/mutation.ts';
import { withNearest } from './mutate/near.ts';
import { changeOf, mutationsPage } from './mutate/page.ts';
import { readReasons, reasonFor } from './mutate/reasons.ts';
import { runAll } from './mutate/run.ts';
import type { Verdict } from './mutate/try.ts';

/**
 * What installs, upgrades, boots, remasters and makes images; a command line or a question that is wrong is seen by
 * whoever types it.
 */
const mutated =
  'src/{steps,plan,operation,install,upgrade,runtime,formats,boot,media,oci,iso,image,host}/**/*.ts';
const project = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const cache = `${project}/node_modules/.cache/mutate`;

const { values } = parseArgs({
  options: {
    class: { type: 'string' },
    files: { type: 'string', default: mutated },
    in: { type: 'string' },
    sample: { type: 'string' },
    others: { type: 'string' },
    seed: { type: 'string', default: '1' },
    short: { type: 'boolean', default: false },
    near: { type: 'string' },
    list: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const classes: readonly MutationClass[] = ['critical', 'other'];

const textOf = (path: string) => readFileSync(`${project}/${path}`, 'utf8');
const effects = effectsOf(
  new Map(globSync('src/**/*.ts', { cwd: project }).map((path) => [path, textOf(path)])),
);

function allIn(pattern: string): Mutation[] {
  const files = globSync(pattern, { cwd: project }).toSorted();
  return files.flatMap((path) => mutationsOf(path, textOf(path), effects));
}

function chosen(): Mutation[] {
  const [file, line] = values.in?.split(':') ?? [];
  const all = allIn(file ?? values.files).filter(
    (mutation) => line === undefined || mutation.line === Number(line),
  );
  return classes
    .filter((kind) => values.class === undefined || values.class === kind)
    .flatMap((kind) => {
      const ofClass = all.filter((mutation) => mutation.class === kind);
      const sample = (kind === 'other' ? values.others : undefined) ?? values.sample;
      return sample === undefined ? ofClass : sampleOf(ofClass, Number(sample), Number(values.seed));
    });
}

const described = (mutation: Mutation) => ({
  ...{ file: mutation.file, source: mutation.source },
  change: changeOf(mutation, textOf(mutation.file)),
});

const nameOf = (mutation: Mutation) =>
  `${mutation.file}:${mutation.line} ${mutation.operator}: ${shown(textOf(mutation.file), mutation)}`;

async function main(): Promise<void> {
  const mutations = chosen();
  if (values.list) {
    for (const mutation of mutations) console.log(`${mutation.class} ${nameOf(mutation)}`);
    return;
  }
  const long = !values.short;
  const graph = importGraph(project);
  const kept = new KeptVerdicts(project, cache, graph);
  // What has a reason to survive is counted as a survivor: asking every test again takes the longest of all.
  const reasons = readReasons(project);
  for (const mutation of mutations)
    if (kept.get(mutation, long) === undefined && reasonFor(reasons, described(mutation)) !== undefined)
      kept.add({ mutation, killed: false, asked: 0, ms: 0 }, true);
  const left = mutations.filter((mutation) => kept.get(mutation, long) === undefined);
  const folder = mkdtempSync(join(tmpdir(), 'm-'));
  let done = mutations.length - left.length;
  const said = (verdict: Verdict) => {
    done += 1;
    if (verdict.killed || values.near === undefined) kept.add(verdict, long);
    const { mutation, killed, by, why, ms } = verdict;
    const result = killed ? `killed by ${by}: ${why?.split('\n')[0]?.slice(0, 120)}` : 'SURVIVED';
    console.log(`${done}/${mutations.length} ${mutation.class} ${nameOf(mutation)}: ${result} (${ms} ms)`);
  };
  try {
    await runAll(left, {
      ...{ project, folder, cache, said, long },
      graph: values.near === undefined ? graph : withNearest(graph, Number(values.near)),
      survivedShort: (mutation) => kept.survivedShort(mutation),
      workers: Math.min(2, availableParallelism()),
      note: (line) => console.log(line),
    });
    const all = allIn(mutated);
    const tried = mutations.flatMap((mutation) => kept.get(mutation, long) ?? []);
    const page = mutationsPage(tried, reasons, {
      ...{ long, text: textOf },
      commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
        cwd: project,
        encoding: 'utf8',
      }).trim(),
      all: Object.fromEntries(
        classes.map((kind) => [kind, all.filter((mutation) => mutation.class === kind).length]),
      ),
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
