/** Lines of plain text. */
import test from 'ava';
import fc from 'fast-check';
import { wrap } from '../../../src/cli/terminal/wrap.ts';

const wraps = test.macro({
  exec: (t, text: string, columns: number, lines: readonly string[]) => {
    t.deepEqual(wrap(text, columns).split('\n'), lines);
  },
  title: (name = '') => `wraps ${name}`,
});
test('words', wraps, 'one two three', 8, ['one two', 'three']);
test('a number with its unit', wraps, 'it needs 2.5 GB of room', 14, ['it needs', '2.5 GB of room']);
test('a rate', wraps, '84 MB of 210 MB, 35 MB/s, 4 s left', 19, ['84 MB of 210 MB,', '35 MB/s, 4 s left']);
test('a percentage in brackets', wraps, 'so far (42 %) it went', 10, ['so far', '(42 %) it', 'went']);
test('a sentence that ends in a unit', wraps, 'done in 42 s.', 10, ['done in', '42 s.']);
test('a number that counts words', wraps, 'there are 2 disks', 12, ['there are 2', 'disks']);
test('a word after a number that only begins as a unit', wraps, 'for 5 men', 5, ['for 5', 'men']);

test('no word is lost, and no line is longer than its longest piece', (t) => {
  const word = fc.constantFrom('a', 'disk', '20', '2.5', 'GB', '%', 'MB/s,', 'min', '/dev/disk/by-id/nvme-1');
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 1, max: 40 }), (words, columns) => {
      const lines = wrap(words.join(' '), columns).split('\n');
      t.is(lines.join(' '), words.join(' '));
      for (const line of lines) t.true(line.length <= columns || line.split(' ').length <= 2, line);
    }),
  );
});
