/** The JSON Schema, asked as an editor asks it: by a validator that knows nothing of this project. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';
import { z } from 'zod';
import { rows } from '../../../src/config/keys/keys.ts';
import { configSchema } from '../../../src/config/keys/schema.ts';
import { nestConfig } from '../../../src/config/render.ts';
import { runs } from '../../properties.ts';
import { anyConfig } from './arbitrary.ts';

const validator = z.fromJSONSchema(configSchema());

type Issue = z.core.$ZodIssue;

/** Paths of what the schema does not allow in a file. */
const faultsOf = (value: unknown): string[] => {
  const { error } = validator.safeParse(value);
  return (error?.issues ?? []).flatMap((issue) => pathsOf(issue, []));
};

/** Of `type: [object, null]` the validator makes alternatives; what does not fit lies inside them. */
function pathsOf(issue: Issue, above: readonly PropertyKey[]): string[] {
  const path = [...above, ...issue.path];
  const inner = issue.code === 'invalid_union' ? issue.errors.flat() : [];
  return inner.length === 0 ? [path.join('.')] : inner.flatMap((one) => pathsOf(one, path));
}

test('the full example of the documents is valid', (t) => {
  const example = parse(readFileSync(new URL('../fixtures/full.yaml', import.meta.url), 'utf8'));
  t.deepEqual(faultsOf(example), []);
});

test('every configuration that a file can hold is valid', (t) => {
  fc.assert(
    fc.property(anyConfig, (config) => {
      const inFile = Object.fromEntries(
        Object.entries(config).filter(([name]) => !rows.find((row) => row.name === name)?.commandLineOnly),
      );
      t.deepEqual(faultsOf(nestConfig(inFile)), []);
    }),
    { numRuns: runs(200) },
  );
});

test('nothing at all is valid, and so is taking back every key', (t) => {
  t.deepEqual(faultsOf(null), []);
  t.deepEqual(faultsOf({ hostname: null, bos: { token: null, modules: null, labels: { a: null } } }), []);
});

const isMarked = test.macro((t, text: string, where: string) => {
  const faults = faultsOf(parse(text));
  t.true(faults.includes(where), faults.join(', '));
});
test('marked: an unknown key', isMarked, 'hostnam: a', '');
test('marked: an unknown key of a group', isMarked, 'bos: {tokn: a}', 'bos');
test('marked: a list where text belongs', isMarked, 'hostname: [a]', 'hostname');
test('marked: text where a list belongs', isMarked, 'bos: {modules: kvm}', 'bos.modules');
test(
  'marked: a word that is not among the choices',
  isMarked,
  'bos: {data_sources: [azur]}',
  'bos.data_sources.0',
);
test('marked: a file without a path', isMarked, 'write_files: [{content: a}]', 'write_files.0.path');
test('marked: what only the command line can give', isMarked, 'bos: {mode: live}', 'bos');
test('marked: yes for true', isMarked, 'bos: {install: {silent: yes}}', 'bos.install.silent');
