/** Every command of the real tree: help, examples, width. */
import test from 'ava';
import { commands } from '../../src/cli/commands/index.ts';
import { parseFlags, unlistedCommands, walk } from '../../src/cli/reference/tree.ts';
import { runProgram } from './commands/install/fake-world.ts';

const nodes = walk(commands);

for (const { path, command } of nodes) {
  test(`opsctl ${path.join(' ')} --help`, async (t) => {
    const { exitCode, out, err } = await runProgram([...path, '--help'], { commands });
    t.is(exitCode, 0);
    t.is(err, '');
    t.true(out.startsWith(`Usage: opsctl ${path.join(' ')} `));
    for (const option of command.options ?? []) {
      if (!option.hidden) t.true(out.includes(parseFlags(option.flags).long ?? option.flags));
    }
    t.deepEqual(tooLong(out), []);
    t.false(out.includes('\x1b'));
  });
}

test('every command that does something has an example, and each begins with the command', (t) => {
  const silent = nodes.filter(({ command }) => command.load !== undefined && !command.examples?.length);
  t.deepEqual(
    silent.map(({ path }) => path.join(' ')),
    [],
  );
  for (const { path, command } of nodes) {
    for (const { line } of command.examples ?? []) t.true(line.includes(`opsctl ${path.join(' ')}`), line);
  }
});

test('every command does something or has subcommands; only build, config, plan, patch and terraform do both', (t) => {
  for (const { path, command } of nodes) {
    const both = ['build', 'config', 'plan', 'patch', 'terraform'].includes(path.join(' '));
    t.is(command.load !== undefined, command.subcommands === undefined || both, path.join(' '));
  }
});

test('every command says whether its output is all that it makes', (t) => {
  t.deepEqual(
    nodes
      .filter(({ command }) => command.load !== undefined && !command.prints)
      .map(({ path }) => path.join(' ')),
    [
      ...[
        'install',
        'config',
        'config try',
        'config confirm',
        'upgrade',
        'rollback',
        'takeover confirm',
        'patch',
        'iso remaster',
        'iso serve',
      ],
      ...['image create', 'image edit', 'image write', 'oci push', 'oci pull', 'oci join', 'overlay remove'],
      ...['pack init', 'pack build', 'pack push', 'pack pull', 'pack login', 'profile init'],
      ...['edge iso', 'edge site', 'pxe kit', 'build', 'vm run'],
    ],
  );
});

test('the action of every command can be loaded', async (t) => {
  for (const { path, command } of nodes) {
    if (command.load !== undefined) t.is(typeof (await command.load()), 'function', path.join(' '));
  }
});

test('the captions of examples are sentences of one style', (t) => {
  for (const { does } of nodes.flatMap(({ command }) => command.examples ?? [])) {
    t.regex(does, /^[A-Z].*[^.]:$/);
  }
});

test('a workstation and a live system list each command with its summary', async (t) => {
  const texts = [undefined, '{"v":1,"mode":"live"}'].map((boot) =>
    runProgram(['--help'], { commands, ...(boot === undefined ? {} : { boot }) }),
  );
  const outs = (await Promise.all(texts)).map(({ out }) => out);
  const together = outs.join('\n');
  for (const { name, summary } of commands) {
    t.is(new RegExp(`^  ${name}( |$)`, 'm').test(together), !unlistedCommands.includes(name), name);
    if (!unlistedCommands.includes(name)) t.true(together.replaceAll(/\s+/g, ' ').includes(summary), summary);
  }
  t.deepEqual(outs.flatMap(tooLong), []);
});

test('long flags in few columns still fit', async (t) => {
  const flags = `--${'long-'.repeat(9)}flag <value>`;
  const help = 'a help text that has more words than fit beside such a flag, which must then wrap';
  const wide = [{ name: 'work', summary: 's', options: [{ flags, help }], load: async () => async () => 0 }];
  const { out } = await runProgram(['work', '--help'], { commands: wide });
  t.deepEqual(tooLong(out), []);
});

const tooLong = (text: string) => text.split('\n').filter((line) => line.length > 80);
