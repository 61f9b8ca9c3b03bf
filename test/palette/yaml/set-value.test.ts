/** A value that is set changes, and nothing else: comments, order, layout, whatever they are. */
import test from 'ava';
import fc from 'fast-check';
import { type Located, valueAt } from '../../../src/kubernetes/schema/located.ts';
import { edited } from '../../../src/palette/edits.ts';
import { readYaml } from '../../../src/palette/yaml/read-yaml.ts';
import { type SetValue, setEdit } from '../../../src/palette/yaml/set-value.ts';
import { runs } from '../../properties.ts';
import { soundValues } from '../pack-folders.ts';
import { anyText } from '../profile/arbitrary.ts';

const read = (text: string): Located => {
  const { root, faults } = readYaml(text);
  if (root === undefined || faults.length > 0) throw new Error(`${faults[0]?.message}: ${text}`);
  return root;
};

function set(text: string, path: string, value: SetValue): string {
  const result = setEdit(text, read(text), path, value);
  return 'edit' in result ? edited(text, [result.edit]) : `fault: ${result.fault}`;
}

const sets = test.macro<[string, string, SetValue, string]>((t, text, path, value, expected) => {
  t.is(set(text, path, value), expected);
});
test(
  'a key with a dot',
  sets,
  soundValues,
  'options.system.uri',
  'a/b:1',
  soundValues.replace('registry.example.com/bos:k3s-1.33.5-v4.7.0-demo', 'a/b:1'),
);
test(
  'an item of a list, quoted as it was',
  sets,
  soundValues,
  'pack.content.images[0].image',
  "it's",
  soundValues.replace("'{{.spectro.pack.edge-native-byoi.options.system.uri}}'", "'it''s'"),
);
test('a comment behind it', sets, 'a: 1 # one\n', 'a', 2, 'a: 2 # one\n');
test('a macro in quotes', sets, 'a: x\n', 'a', '{{.spectro.var.a}}', "a: '{{.spectro.var.a}}'\n");
test(
  'a macro without quotes before',
  sets,
  'a: {{.spectro.var.a}} # x\nb: 1\n',
  'a',
  true,
  'a: true # x\nb: 1\n',
);
test('text that looks like something else', sets, 'a: x\n', 'a', 'yes', "a: 'yes'\n");
test('nothing behind the key', sets, '"a":\nb: 1\n', 'a', 'x', '"a": x\nb: 1\n');
test('nothing, and a comment', sets, 'a: # one\nb: 1\n', 'a', 'x', 'a: x # one\nb: 1\n');
test('a block', sets, 'a: |\n  one\n  two\n# three\nb: 1\n', 'a', 'x', 'a: x\n# three\nb: 1\n');
test('in braces', sets, '{a: {b: 1, c: 2}}', 'a.b', 'x', '{a: {b: x, c: 2}}');
test('an alias is replaced, not what it stands for', sets, 'a: &x 1\nb: *x\n', 'b', 2, 'a: &x 1\nb: 2\n');
test(
  'a key that is not there',
  sets,
  soundValues,
  'options.system.url',
  'x',
  'fault: is not in the values; did you mean options.system.uri?',
);
test('a map', sets, soundValues, 'pack.content', 'x', 'fault: is a map there; only single values can be set');
test(
  'what a merge key brings is not its own',
  sets,
  'a: &x {k: 1}\nb: {<<: *x, m: 1}\n',
  'b.k',
  2,
  'fault: is not in the values; did you mean a.k?',
);

/** YAML as people write it: comments above, behind and between, empty lines, several ways to quote. */
const key = fc.stringMatching(/^[a-z]{1,4}(?:\.[a-z]{1,3})?$/);
const comment = fc.constantFrom('', '', ' # one', ' # {{.spectro.var.a}}', "  # it's: a - comment");
const above = fc.constantFrom('', '', '# above\n', '\n', '#  two:\n#   - lines\n');
const scalar = fc.constantFrom(
  '1',
  'text',
  "'single'",
  '"double\\n"',
  'true',
  '~',
  '{{.spectro.var.x}}',
  "'{{.x}}'",
  'a b',
  '|\n  block\n  # no comment',
  '',
  '[]',
  '[a, 1]',
  '{x: 1}',
);

/** What the reader takes for a macro that is a value by itself it does not read as text. */
const written = anyText.filter((text) => !/[:-][ \t]+\{\{/.test(text));

interface Node {
  readonly key: string;
  readonly above: string;
  readonly comment: string;
  readonly value: string | readonly Node[];
}
const { node } = fc.letrec<{ node: Node; value: string | readonly Node[] }>((tie) => ({
  node: fc.record({ key, above, comment, value: tie('value') }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.uniqueArray(tie('node'), { minLength: 1, maxLength: 3, selector: (one) => one.key }),
  ),
}));
const document = fc.uniqueArray(node, { minLength: 1, maxLength: 4, selector: (one) => one.key });

const indented = (text: string, by: string) => text.replaceAll(/^(?=.)/gm, by);
function rendered(nodes: readonly Node[], indent = ''): string {
  return nodes
    .map(({ key: name, above: before, comment: behind, value }) => {
      const head = `${indented(before, indent)}${indent}${name}:`;
      if (typeof value !== 'string') return `${head}${behind}\n${rendered(value, `${indent}  `)}`;
      const [first = '', ...more] = value.split('\n');
      const rest = more.map((line) => `${indent}${line}\n`).join('');
      return `${head}${first === '' ? '' : ` ${first}`}${behind}\n${rest}`;
    })
    .join('');
}

/** Paths of single values, of which no other has the same text: dots stand in names, too. */
function leaves(
  value: Located,
  path: readonly (string | number)[] = [],
): readonly (readonly (string | number)[])[] {
  if (value.kind === 'word') return [path];
  const entries: readonly (readonly [string | number, Located])[] =
    value.kind === 'list'
      ? value.items.map((item, index) => [index, item])
      : [...value.entries].map(([name, entry]) => [name, entry.value]);
  return entries.flatMap(([name, inner]) => leaves(inner, [...path, name]));
}
const pathOf = (path: readonly (string | number)[]) =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
const plain = (value: Located): unknown =>
  value.kind === 'word'
    ? value.value
    : value.kind === 'list'
      ? value.items.map(plain)
      : [...value.entries].map(([name, entry]) => [name, plain(entry.value)]);
const wordsBut = (root: Located, but: string) =>
  leaves(root).map((path) => [
    pathOf(path),
    pathOf(path) === but ? null : plain(valueAt(root, path) ?? root),
  ]);
const comments = (text: string) =>
  text.split('\n').flatMap((line) => /(?:^|\s)#.*$/.exec(line)?.[0].trim() ?? []);

test('whatever the YAML: that value, and nothing else', (t) => {
  fc.assert(
    fc.property(document, fc.nat(), fc.oneof(written, fc.boolean(), fc.integer()), (nodes, which, value) => {
      const text = rendered(nodes);
      const before = read(text);
      const paths = leaves(before);
      const path = paths[which % paths.length];
      if (path === undefined) return;
      const name = pathOf(path);
      // A key `a.b` beside `a` with `b` in it: the shorter one is taken.
      if (paths.filter((other) => pathOf(other) === name).length > 1) return;
      const result = setEdit(text, before, name, value);
      if ('fault' in result) return t.fail(`${result.fault}: ${name} in ${text}`);
      const after = edited(text, [result.edit]);
      const root = read(after);
      t.deepEqual(plain(valueAt(root, path) ?? root), value, after);
      t.deepEqual(wordsBut(root, name), wordsBut(before, name), after);
      const { offset, length, text: written } = result.edit;
      t.is(after, text.slice(0, offset) + written + text.slice(offset + length));
      // What stands in a block that was replaced is no comment.
      if (!text.slice(offset, offset + length).includes('\n') && !written.includes('#'))
        t.deepEqual(comments(after), comments(text));
    }),
    { numRuns: runs(3000) },
  );
});
