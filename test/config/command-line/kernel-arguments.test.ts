import test from 'ava';
import fc from 'fast-check';
import {
  escapeValue,
  kernelWord,
  quoteKernelWord,
  renderKernelCommandLine,
  splitKernelArguments,
  unescapeValue,
} from '../../../src/config/command-line/kernel-arguments.ts';
import { anyText } from '../../any-text.ts';
import { runs } from '../../properties.ts';

type Row = readonly [name: string, value: string | undefined];

const splits = test.macro((t, text: string, expected: readonly Row[]) => {
  t.deepEqual(
    splitKernelArguments(text).map(({ name, value }) => [name, value]),
    expected.map((row) => [...row]),
  );
});

// Each row is what next_arg of Linux's lib/cmdline.c gives.
test('nothing', splits, ' \n', []);
test('bare, valued and empty', splits, 'quiet  root=/dev/vda\tx=', [
  ['quiet', undefined],
  ['root', '/dev/vda'],
  ['x', ''],
]);
test('quotes around a value', splits, 'a="b c" d', [
  ['a', 'b c'],
  ['d', undefined],
]);
test('quotes around an argument', splits, '"a=b c" d', [
  ['a', 'b c'],
  ['d', undefined],
]);
test('quotes around a name', splits, '"a b" c', [
  ['a b', undefined],
  ['c', undefined],
]);
test('quotes inside a value stay and still hide spaces', splits, 'a=b"c d"e f', [
  ['a', 'b"c d"e'],
  ['f', undefined],
]);
test('an open quote runs to the end', splits, 'a="b c', [['a', 'b c']]);
test('a lone quote as value', splits, 'a=" b', [['a', ' b']]);
test('empty quotes', splits, 'a="" ""', [
  ['a', ''],
  ['', undefined],
]);
test('the first = counts, but not in the first place', splits, 'a=b=c =d =e=f', [
  ['a', 'b=c'],
  ['=d', undefined],
  ['=e', 'f'],
]);
test('both kinds of quotes at once: the last is taken away once', splits, '"a="b"" c', [
  ['a', 'b"'],
  ['c', undefined],
]);
test('a quote in a name hides a space', splits, 'a" "b=c', [['a" "b', 'c']]);

test('places are offsets into the text', (t) => {
  t.deepEqual(
    splitKernelArguments(' a "b c" d=e').map(({ offset }) => offset),
    [1, 3, 9],
  );
});

test('any text splits into words that split again to themselves, or that cannot be quoted', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '=', '"', ' ', '\\', '\n') }), (text) => {
      for (const argument of splitKernelArguments(text)) {
        const word = kernelWord(argument);
        let quoted: string;
        try {
          quoted = quoteKernelWord(word);
        } catch {
          continue;
        }
        const again = splitKernelArguments(`x ${quoted} y`);
        t.deepEqual(again.map(kernelWord), ['x', word, 'y']);
      }
    }),
    { numRuns: runs(500) },
  );
});

test('escaped values survive quoting, whatever they hold', (t) => {
  fc.assert(
    fc.property(fc.array(anyText({ minLength: 1 })), (values) => {
      const words = values.map((value) => `k=${escapeValue(value)}`);
      const parsed = splitKernelArguments(renderKernelCommandLine(words));
      t.deepEqual(
        parsed.map(({ value }) => unescapeValue(value ?? '')),
        values,
      );
    }),
  );
});

test('a documented example is quoted as the documents quote it', (t) => {
  t.is(quoteKernelWord('bos.sysctl[kernel.printk]=4 4 1 7'), 'bos.sysctl[kernel.printk]="4 4 1 7"');
  t.is(quoteKernelWord('console=ttyS0,115200'), 'console=ttyS0,115200');
  t.throws(() => quoteKernelWord('a="b" c"'), { code: 'argument-unquotable' });
  t.throws(() => quoteKernelWord(''), { code: 'argument-unquotable' });
});

test('GRUB 2.06 doubles the backslash of an escape', (t) => {
  t.is(unescapeValue(String.raw`it\\x27s \\xc3\\xa0`), "it's à");
  t.is(unescapeValue(String.raw`\\x5cx41`), String.raw`\x41`);
});

test('escapes are bytes of UTF-8 in hex', (t) => {
  t.is(escapeValue(`it's "à"\\`), String.raw`it\x27s \x22\xc3\xa0\x22\x5c`);
  t.is(unescapeValue(String.raw`C:\dir\\x \'\" \x41\xc3\xa0 \xg`), String.raw`C:\dir\x '" Aà \xg`);
});
