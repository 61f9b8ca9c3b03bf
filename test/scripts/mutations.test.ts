/** What a mutation run changes, what it draws, and what it says of what is left. */
import { appendFileSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { coveragePage } from '../../scripts/coverage/page.ts';
import { ranCharacters, ranLines } from '../../scripts/coverage/v8.ts';
import { importGraph } from '../../scripts/import-graph.ts';
import { effectsOf } from '../../scripts/mutate/changes/effects.ts';
import { mutationsOf, sampleOf } from '../../scripts/mutate/changes/find.ts';
import { KeptVerdicts } from '../../scripts/mutate/kept.ts';
import { applied } from '../../scripts/mutate/mutation.ts';
import { withNearest } from '../../scripts/mutate/near.ts';
import { changeOf, mutationsPage } from '../../scripts/mutate/page.ts';
import { type Reason, reasonFor } from '../../scripts/mutate/reasons.ts';
import { temporaryFolder, tool } from '../formats/support.ts';

const text = `/** A step. */
export const step: Handler = {
  destructive: true,
  async run(host: Host, path: string): Promise<void> {
    const file = await host.files.open(path, 'r+');
    try {
      await file.write(0, block);
      await file.sync();
    } finally {
      await file.close();
    }
    await host.files.write(path, 'x', { mode: 0o600, sync: true });
    if (path.length > 3 && path !== '') log.write(log.redact(path));
  },
  undo: { kind: 'restore', run: async (host) => host.files.remove('x') },
};
`;
const found = mutationsOf('src/step.ts', text);
const changes = (kind: string) =>
  found.filter((mutation) => mutation.class === kind).map((mutation) => changeOf(mutation, text));

test('critical is what takes away durability, order, undo, mode and secrecy', (t) => {
  t.deepEqual(changes('critical').toSorted(), [
    'destructive denied: true → false',
    'finally emptied: { await file.close(); } → {}',
    'mode changed: 0o600 → 0o644',
    'mode dropped: mode: 0o600, → nothing',
    'order swapped: await file.write(0, block); await file.sync(); → await file.sync(); await file.write(0, block);',
    'redaction dropped: log.redact(path) → path',
    'sync dropped: , sync: true → nothing',
    'sync dropped: await file.sync(); → ;',
    "undo denied: { kind: 'restore', run: async (host) => host.files.remove('x') } → { kind: 'none' }",
    "undo emptied: run: async (host) => host.files.remove('x') → run: async () => {}",
  ]);
});

/** Sources by path, of which the first is looked for swapped orders. */
function swapped(kind: string, sources: Readonly<Record<string, string>>): string[] {
  const [[file, source] = ['', '']] = Object.entries(sources);
  return mutationsOf(file, source, effectsOf(new Map(Object.entries(sources))))
    .filter((mutation) => mutation.class === kind && mutation.operator === 'order swapped')
    .map((mutation) => `${source.slice(mutation.start, mutation.end).replaceAll(/\s+/g, ' ')}`);
}

test('an order is critical where one of the two may do something, followed through files; else it is ordinary', (t) => {
  const step = (first: string, second: string) =>
    `import { look, mark } from './acts.ts';\nexport async function step(host, use) {\n  await ${first};\n  await ${second};\n}\n`;
  const acts = `
    import { basename } from 'node:path';
    export const look = async (host, path) => refused((await host.files.stat(path)).size, basename(path));
    const refused = (size, name) => { if (size === 0) throw new Error(name); };
    export async function mark(host, path) { for (const one of [path]) await inPlace(host, one); }
    const inPlace = (host, path) => host.files.write(path, 'x');
    export class Record { async keep(host) { await mark(host, 'x'); } async look(host) { await look(host, 'x'); } }
  `;
  const only = (first: string, second: string) => {
    const sources = { 'src/step.ts': step(first, second), 'src/acts.ts': acts };
    const [kinds, [text]] = [['critical', 'other'], [`await ${first}; await ${second};`]];
    const found = kinds.filter((kind) => swapped(kind, sources).includes(text ?? ''));
    t.is(found.length, 1, text);
    return found[0];
  };
  const look = "look(host, 'a')";
  t.is(only(look, "look(host, 'b')"), 'other');
  t.is(only(look, "host.files.readText('b')"), 'other');
  t.is(only(look, 'host.record.look(host)'), 'other');
  for (const effect of [
    "mark(host, 'b')",
    "host.files.write('b', '')",
    'host.file.sync()',
    "host.processes.run('true', [])",
    'host.record.keep(host)',
    // Work that was begun elsewhere, what is handed on to be called, a parameter, and what has no name.
    'use',
    "['b'].map(mark)",
    'use()',
    "host['files']()",
    'host.handlers[0]()',
  ]) {
    t.is(only(look, effect), 'critical', effect);
    t.is(only(effect, look), 'critical', effect);
  }
});

test('a mode is a permission, not a word, and one that is given anyway changes nothing', (t) => {
  const modes = (source: string) =>
    mutationsOf('src/a.ts', source).filter(({ operator }) => operator === 'mode dropped').length;
  t.is(modes('f({ mode: 0o600 }); f({ mode }); f({ mode: stat.mode });'), 3);
  t.is(modes('files.writeAtomic(path, text, { mode: 0o600 }); files.write(path, text, { mode: 0o644 });'), 2);
  t.is(modes('files.writeAtomic(path, text, { mode: 0o644 });'), 0, 'the same without');
  t.is(modes("f({ mode: 'disk' }); f({ mode: z.int() });"), 0);
});

test('others are of the ordinary kind', (t) => {
  const others = changes('other');
  for (const expected of [
    'boundary: > → >=',
    'condition: && → ||',
    'comparison: !== → ===',
    'number: 3 → 4',
    "text emptied: 'r+' → ''",
    'statement dropped: await file.close(); → ;',
  ])
    t.true(others.includes(expected), expected);
});

test('offsets are those of the text with its types', (t) => {
  const dropped = found.find(
    (mutation) => changeOf(mutation, text) === 'sync dropped: await file.sync(); → ;',
  );
  if (dropped === undefined) return t.fail();
  t.is(dropped.line, 8);
  t.is(dropped.source, 'await file.sync();');
  t.is(applied(text, dropped), text.replace('await file.sync();', ';'));
});

test('a sample is the same for the same seed, in the order of all', (t) => {
  const all = Array.from({ length: 100 }, (_, index) => index);
  const drawn = sampleOf(all, 10, 7);
  t.is(drawn.length, 10);
  t.deepEqual(drawn, sampleOf(all, 10, 7));
  t.notDeepEqual(drawn, sampleOf(all, 10, 8));
  t.deepEqual(
    drawn,
    drawn.toSorted((a, b) => a - b),
  );
});

test('a reason outlives a file that moves, and belongs to one change', (t) => {
  const change = 'sync dropped: await file.sync(); → ;';
  const reasons = [{ file: 'src/a/step.ts', source: 'await file.sync();', change, reason: 'it is closed' }];
  const survivor = { file: 'src/b/step.ts', source: 'await file.sync();', change };
  t.is(reasonFor(reasons, survivor), 'it is closed');
  t.is(reasonFor(reasons, { ...survivor, change: 'another' }), undefined);
  t.is(reasonFor(reasons, { ...survivor, file: 'src/b/other.ts' }), undefined);
});

test('the page counts by class and lists what survives', (t) => {
  const [first, second] = found.filter((mutation) => mutation.class === 'critical');
  if (first === undefined || second === undefined) return t.fail();
  const verdict = { asked: 1, ms: 1 };
  const pageWith = (reasons: readonly Reason[]) =>
    mutationsPage(
      [
        { ...verdict, mutation: first, killed: true, by: 'test/a.test.ts' },
        { ...verdict, mutation: second, killed: false },
      ],
      reasons,
      { long: true, commit: 'abc1234', all: { critical: 2, other: 9 }, text: () => text },
    );
  const page = pageWith([]);
  t.regex(page, /\| critical \| 2 \| 1 \| 1 \| 0 \| 50 % \| 50 % \|/);
  t.regex(page, new RegExp(`\\| src/step.ts:${second.line} \\|`));
  t.regex(page, /On commit abc1234, tried were 2 of 2 critical ones and 0 of 9 others/);
  t.notRegex(page, /Survivors: other/);

  const { file, source } = second;
  const reasoned = pageWith([{ file, source, reason: 'Breaks no promise.' }]);
  t.regex(reasoned, /\| critical \| 2 \| 1 \| 1 \| 1 \| 100 % \| 50 % \|/);
  t.regex(reasoned, /\| Breaks no promise\. \|/);
});

test('verdicts are kept as long as what they hang on stays, but for a line that was cut off', (t) => {
  const project = temporaryFolder(t);
  tool('git', 'init', '--quiet', project);
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), content);
  };
  write('src/step.ts', text);
  write('src/other.ts', '');
  write('test/a.test.ts', "import '../src/step.ts';\n");
  const folder = join(project, 'node_modules');
  const kept = () => new KeptVerdicts(project, folder, importGraph(project));
  const [killed, survivor, third] = found;
  if (killed === undefined || survivor === undefined || third === undefined) return t.fail();
  const first = { mutation: killed, killed: true, by: 'test/a.test.ts', asked: 1, ms: 1 };
  const second = { mutation: survivor, killed: false, asked: 1, ms: 1 };
  kept().add(first, false);
  kept().add(second, false);
  t.deepEqual(kept().get(killed, true), first, 'a short test is one of all');
  t.deepEqual(kept().get(survivor, false), second);
  t.is(kept().get(survivor, true), undefined, 'the long tests have not been asked');
  t.true(kept().survivedShort(survivor));
  t.false(kept().survivedShort(killed));
  t.is(kept().get(third, true), undefined);
  const [file = ''] = globSync('*.jsonl', { cwd: folder });
  appendFileSync(join(folder, file), '{"mutation":{"file"');
  kept().add(second, true);
  t.deepEqual(kept().get(survivor, true), second);
  write('src/other.ts', '\n');
  t.deepEqual(kept().get(killed, true), first, 'the test does not reach the other file');
  t.is(kept().get(survivor, true), undefined);
  t.false(kept().survivedShort(survivor));
  kept().add(second, true);
  for (const path of [
    'test/mutations/reasons.json',
    'scripts/mutate/changes/critical.ts',
    'test/docs/a.test.ts',
  ])
    write(path, 'x');
  t.deepEqual(kept().get(survivor, true), second, 'none of them has a part in a verdict');
  write('scripts/mutate/worker/stand-in.ts', 'x');
  t.is(kept().get(killed, true), undefined, 'another runner may say something else');
  kept().add(first, false);
  t.is(
    kept().get({ ...killed, class: 'other' }, true)?.mutation.class,
    'other',
    'what it is counted as may change',
  );
  write('src/step.ts', `${text}\n`);
  t.is(kept().get(killed, true), undefined);
});

test('with the nearest tests alone the others are not there, and what is imported is', (t) => {
  const distances = new Map([
    ...[
      ['src/a/b.ts', 0],
      ['src/c.ts', 1],
      ['test/a/b.test.ts', 3],
      ['test/a/c.test.ts', 1],
    ],
    ...[
      ['test/d/e/f.test.ts', 1],
      ['test/a/d.test.ts', 2],
    ],
  ] as [string, number][]);
  const graph = { files: [], reachedFrom: () => new Set<string>(), distancesTo: () => distances };
  t.deepEqual(
    [...withNearest(graph, 2).distancesTo('src/a/b.ts').keys()],
    ['src/a/b.ts', 'src/c.ts', 'test/a/b.test.ts', 'test/a/c.test.ts'],
  );
});

test('coverage counts lines of code, not comments, types or brackets', (t) => {
  const code = "/** A file. */\nimport x from 'x';\ninterface A {\n  a: 1;\n}\nf(\n  1,\n);\ng();\n";
  const ran = ranLines(
    code,
    ranCharacters([{ ranges: [{ startOffset: 0, endOffset: code.indexOf('g()'), count: 1 }] }], code.length),
  );
  t.regex(coveragePage([{ file: 'src/a/b.ts', text: code, ran }]), /\| src\/a \| 3 \| 2 \| 66\.6 % \|/);
});
