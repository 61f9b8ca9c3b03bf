/** What is answered before anything is loaded: the same words as the whole program has, or nothing. */
import test from 'ava';
import { commands } from '../../src/cli/commands/index.ts';
import { fastPathAnswer } from '../../src/cli/fast-path.ts';
import { walk } from '../../src/cli/reference/tree.ts';
import { fakeTerminal, runProgram } from './commands/install/fake-world.ts';

const answers = async (argv: readonly string[]) => fastPathAnswer(argv, fakeTerminal());

test('the version', async (t) => {
  for (const flag of ['--version', '-V']) t.regex((await answers([flag])) ?? '', /^\d+\.\d+\.\d+\S*\n$/);
});

test('help of everything, as the whole program prints it', async (t) => {
  const asked = [['--help'], ['-h'], ['help'], ...walk(commands).map(({ path }) => [...path, '--help'])];
  asked.push(
    ['help', 'install'],
    ['help', 'vm', 'run'],
    ['-v', '--help'],
    ['frobnicate', '--help'],
    ['install', '--nope', '-h'],
  );
  for (const argv of asked) {
    const answer = await answers(argv);
    t.truthy(answer, argv.join(' '));
    t.is(answer, (await runProgram(argv, { commands })).out, argv.join(' '));
  }
});

const leaves = test.macro({
  exec: async (t, argv: readonly string[]) => t.is(await answers(argv), undefined),
  title: (_name, argv: readonly string[]) => `leaves to the program: opsctl ${argv.join(' ')}`,
});
test(leaves, []);
test(leaves, ['install']);
test(leaves, ['vm', 'run', '--append', '--help']);
test(leaves, ['help', 'frobnicate']);
test(leaves, ['help', 'vm', 'frobnicate']);

test('help of a command within a command is its own', async (t) => {
  t.is(await answers(['help', 'pack', 'init']), await answers(['pack', 'init', '--help']));
});
