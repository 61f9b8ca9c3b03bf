/** Lines of lists: wrapped for a person, whole for a program. */
import test from 'ava';
import { listLines } from '../../../src/cli/terminal/list-lines.ts';

const lists = test.macro({
  exec: (t, text: string, columns: number | undefined, lines: readonly string[], indent?: string) => {
    const terminal = { stderrIsTty: columns !== undefined, columns: columns ?? 80 };
    t.deepEqual(listLines(text, terminal, indent).split('\n'), lines);
  },
  title: (name = '') => `a line of a list: ${name}`,
});
test('hangs where it goes on', lists, 'a.yaml:1: one two three', 14, ['a.yaml:1:', '  one two', '  three']);
test('stays whole in a pipe', lists, 'a.yaml:1: one two three', undefined, ['a.yaml:1: one two three']);
test('that just fits keeps its spaces', lists, 'a    b', 6, ['a    b']);
test('of several', lists, 'one\ntwo three', 7, ['one', 'two', '  three']);
test('that is indented', lists, '  one two', 9, ['    one', '      two'], '  ');
test('has at most 80 columns', lists, `${'a'.repeat(70)} ${'b'.repeat(20)}`, 200, [
  'a'.repeat(70),
  `  ${'b'.repeat(20)}`,
]);
test('a path is not broken', lists, 'at /dev/disk/by-id/nvme-1', 10, ['at', '  /dev/disk/by-id/nvme-1']);
