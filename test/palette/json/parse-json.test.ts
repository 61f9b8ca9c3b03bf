/** JSON with places: the same values as JSON.parse, and what is said of JSON that is none. */
import test from 'ava';
import fc from 'fast-check';
import type { Located } from '../../../src/kubernetes/schema/located.ts';
import { edited } from '../../../src/palette/edits.ts';
import { parseJson } from '../../../src/palette/json/parse-json.ts';
import { runs } from '../../properties.ts';

const plain = (value: Located): unknown =>
  value.kind === 'word'
    ? value.value
    : value.kind === 'list'
      ? value.items.map(plain)
      : Object.fromEntries([...value.entries].map(([name, entry]) => [name, plain(entry.value)]));

/** Names that JavaScript treats in a way of its own are no part of this. */
const anyJson = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('__proto__'));
const spaces = fc.constantFrom(undefined, 1, 2, '\t');

test('what JSON.parse reads is read the same, without a fault', (t) => {
  fc.assert(
    fc.property(anyJson, spaces, (value, space) => {
      const text = JSON.stringify(value, null, space);
      const { root, complete, faults } = parseJson(text);
      t.deepEqual(faults, []);
      t.true(complete);
      t.deepEqual(root && plain(root), JSON.parse(text));
    }),
    { numRuns: runs(300) },
  );
});

test('every value stands where it says', (t) => {
  const check = (value: Located, text: string): void => {
    t.deepEqual(JSON.parse(text.slice(value.offset, value.end)), plain(value));
    if (value.kind === 'list') for (const item of value.items) check(item, text);
    if (value.kind === 'map')
      for (const [name, entry] of value.entries) {
        t.true(text.startsWith(JSON.stringify(name), entry.keyOffset));
        check(entry.value, text);
      }
  };
  fc.assert(
    fc.property(anyJson, spaces, (value, space) => {
      const text = JSON.stringify(value, null, space);
      const { root } = parseJson(text);
      if (root !== undefined) check(root, text);
    }),
    { numRuns: runs(200) },
  );
});

test('commas before brackets: each is told, and removing them gives the JSON that was meant', (t) => {
  fc.assert(
    fc.property(anyJson, (value) => {
      const text = JSON.stringify(value, null, 1);
      // Only line ends that the printer has made: those in texts are escaped.
      const spoilt = text.replaceAll(/([^{[,\s])\n(\s*[}\]])/g, '$1,\n$2');
      const { root, complete, faults } = parseJson(spoilt);
      t.true(complete);
      t.is(faults.length, spoilt.length - text.length);
      t.deepEqual(root && plain(root), JSON.parse(text));
      t.is(
        edited(
          spoilt,
          faults.flatMap(({ edits = [] }) => edits),
        ),
        text,
      );
    }),
    { numRuns: runs(300) },
  );
});

test('never throws, and what it mends is nearer to JSON', (t) => {
  const pieces = fc.constantFrom(
    ...'{}[]:,"\'\\/*#\n\t “”'.split(''),
    'true',
    'None',
    '12',
    '"a"',
    '//',
    '\ufeff',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (words) => {
      const text = words.join('');
      const { faults, complete } = parseJson(text);
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      t.is(faults.length === 0, valid, JSON.stringify(text));
      if (faults.every(({ edits = [] }) => edits.length > 0) && complete)
        t.notThrows(() =>
          edited(
            text,
            faults.flatMap(({ edits = [] }) => edits),
          ),
        );
    }),
    { numRuns: runs(1000) },
  );
});

const says = test.macro<[string, string, (string | undefined)?]>((t, text, expected, mended) => {
  const { faults } = parseJson(text);
  t.is(faults.map(({ offset, message }) => `${offset} ${message}`).join('\n'), expected);
  if (mended !== undefined)
    t.is(
      edited(
        text,
        faults.flatMap(({ edits = [] }) => edits),
      ),
      mended,
    );
});

test(
  'a comma too few',
  says,
  '{"a": 1 "b": 2}',
  '7 ends without a comma, but more follows; write one',
  '{"a": 1, "b": 2}',
);
test('a comma with nothing before it', says, '[,1]', '1 is a comma with nothing before it');
test(
  'comments',
  says,
  '{// x\n"a": 1 /* y */}',
  '1 is a comment, which JSON does not have; remove it\n13 is a comment, which JSON does not have; remove it',
  '{\n"a": 1 }',
);
test(
  'single quotes',
  says,
  "{'a': 'b'}",
  `1 stands in ''; JSON has "…" alone\n6 stands in ''; JSON has "…" alone`,
  '{"a": "b"}',
);
test('typographic quotes', says, '{“a”: 1}', '1 stands in “”; JSON has "…" alone', '{"a": 1}');
test(
  'no quotes',
  says,
  '{a: b}',
  '1 is not in quotes; write "a"\n4 is not in quotes; write "b"',
  '{"a": "b"}',
);
test('Python', says, '[True, None]', '1 is written true in JSON\n7 is written null in JSON', '[true, null]');
test('an equals sign', says, '{"a" = 1}', '5 is written : in JSON', '{"a" : 1}');
test('a key twice', says, '{"a": 1, "a": 2}', '9 gives a twice; one of them would be lost');
test('not closed', says, '{"a": [1, 2', '6 opens [, which is not closed; write ] at its end');
test(
  'a quote that is not closed',
  says,
  '{"a": "b\n}',
  '6 opens a quote that is not closed in its line; write " at the end of the text',
  '{"a": "b"\n}',
);
test(
  'a backslash',
  says,
  String.raw`["\d"]`,
  String.raw`2 is a backslash that means nothing here; write \\`,
  String.raw`["\\d"]`,
);
test(
  'a tab in a text',
  says,
  '["a\tb"]',
  '3 is a control character in a text, which JSON does not have',
  String.raw`["a\tb"]`,
);
test(
  'a byte order mark',
  says,
  '\ufeff{}',
  '0 begins with a byte order mark, which JSON does not have; remove it',
  '{}',
);
test('more behind it', says, '{} {}', '3 stands behind the end of the JSON; remove it');
test('nothing', says, '', '0 expected a value, found the end of the file');
test(
  'YAML',
  says,
  'name: x',
  '0 is not in quotes; write "name"\n4 stands behind the end of the JSON; remove it',
);

test('a text of comments is not read to its end', (t) => {
  const { faults, complete } = parseJson('# a\n'.repeat(500_000));
  t.false(complete);
  t.is(faults.length, 101);
  t.like(faults.at(-1), { offset: 400, message: 'has too many faults to go on' });
});
