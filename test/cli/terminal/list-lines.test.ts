/** Lines of lists: wrapped for a person, whole for a program. */
import test from 'ava';
import { listLines, tellResult } from '../../../src/cli/terminal/list-lines.ts';
import { fakeTerminal } from '../commands/install/fake-world.ts';

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
test('a result is wrapped for a person, and whole in a pipe', (t) => {
  const told = (stdoutIsTty: boolean) => {
    const terminal = fakeTerminal({ stdoutIsTty, columns: 9 });
    tellResult(terminal, 'one two three\nfour');
    return terminal.written.out;
  };
  t.is(told(true), 'one two\nthree\nfour\n');
  t.is(told(false), 'one two three\nfour\n');
});
test('a path is not broken', lists, 'at /dev/disk/by-id/nvme-1', 10, ['at', '  /dev/disk/by-id/nvme-1']);
