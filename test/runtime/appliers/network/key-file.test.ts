/** The editor against a reader that is written after GLib's rules, apart from it. */
import test from 'ava';
import fc from 'fast-check';
import {
  brokenLine,
  encodeValue,
  readKey,
  setKey,
} from '../../../../src/runtime/appliers/network/key-file.ts';
import { runs } from '../../../properties.ts';
import { readKeyFile } from './glib-key-file.ts';

const edit = test.macro((t, before: string, value: string | undefined, after: string) => {
  t.is(setKey(before, 'General', 'K', value), after);
  t.is(setKey(after, 'General', 'K', value), after);
});
test('key file: an empty one', edit, '', '1', '[General]\nK=1\n');
test(
  'key file: replaced in place',
  edit,
  '# a\n[General]\n# K\nK = 0\nL=2\n',
  '1',
  '# a\n[General]\n# K\nK=1\nL=2\n',
);
test(
  'key file: the same value stays as it is written',
  edit,
  '[General]\n K =  1\n',
  '1',
  '[General]\n K =  1\n',
);
test(
  'key file: behind the last key',
  edit,
  '[General]\nA=1\n# end\n\n[X]\nK=9\n',
  '1',
  '[General]\nA=1\nK=1\n# end\n\n[X]\nK=9\n',
);
test('key file: another group', edit, '[X]\nK=9', '1', '[X]\nK=9\n\n[General]\nK=1\n');
test('key file: no line end at the end', edit, '[General]', '1', '[General]\nK=1');
test(
  'key file: twice there',
  edit,
  '[General]\nK=0\n[X]\n[General]\nK=2\n',
  '1',
  '[General]\nK=1\n[X]\n[General]\n',
);
test('key file: line ends of Windows', edit, '[General]\r\nK=0\r\n', '1', '[General]\r\nK=1\r\n');
test('key file: taken away', edit, '[General]\nK=0\nA=1\nK=2\n', undefined, '[General]\nA=1\n');
test('key file: nothing to take away', edit, '[X]\nK=0\n', undefined, '[X]\nK=0\n');

const broken = test.macro((t, text: string, line: number | undefined) => {
  t.is(brokenLine(text), line);
  t.is(readKeyFile(text) === undefined, line !== undefined);
});
test('key file: fit', broken, '# a\n\n [General] \nK[de]=1\n', undefined);
test('key file: a key before any group', broken, '# a\nK=1\n', 2);
test('key file: no key', broken, '[General]\nlisten\n', 2);
test('key file: an open group', broken, '[General\nK=1\n', 1);

const piece = fc.constantFrom(
  ...[
    '[General]\n',
    '[WiFi]\n',
    ' [General] \r\n',
    'K=0\n',
    'K = x\\sy\r\n',
    ' K=\n',
    'Other=1\n',
    '#K=5\n',
    '\n',
    '  # x\n',
    'K[de]=d\n',
  ],
);
const anyFile = fc.array(piece).map((pieces) => `[First]\n${pieces.join('')}`);
const anyValue = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom(' ', '\\', 's', 'n', 't', '\t', '\n', '\r', '=', '#', '[', 'é', ';', ','),
  }),
);

test('key file: any value comes back from GLib’s rules', (t) => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const text = `[G]\nK=${encodeValue(value)}\n`;
      t.is(readKeyFile(text)?.get('G')?.get('K'), value);
      t.is(readKey(text, 'G', 'K'), value);
    }),
    { numRuns: runs(1000) },
  );
});

test('key file: an edit sets one key, and nothing else changes', (t) => {
  fc.assert(
    fc.property(anyFile, fc.option(anyValue, { nil: undefined }), (before, value) => {
      const after = setKey(before, 'General', 'K', value);
      const expected = readKeyFile(before) ?? t.fail();
      if (value !== undefined)
        expected.set('General', (expected.get('General') ?? new Map()).set('K', value));
      else expected.get('General')?.delete('K');
      t.deepEqual(readKeyFile(after), expected);
      t.is(readKey(after, 'General', 'K'), value);
      t.is(brokenLine(after), undefined);
      t.is(setKey(after, 'General', 'K', value), after);
      const kept = (text: string) =>
        text.split('\n').filter((line) => !/^ ?K ?=|^\[General\]$|^$/.test(line));
      t.deepEqual(kept(after), kept(before));
    }),
    { numRuns: runs(1000) },
  );
});
