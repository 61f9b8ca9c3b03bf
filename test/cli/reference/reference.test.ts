/** Completion, manual page and Markdown from a small command tree and from the real one. */
import test from 'ava';
import { execaSync } from 'execa';
import type { CommandDefinition } from '../../../src/cli/command.ts';
import { commands as real } from '../../../src/cli/commands/index.ts';
import { bashCompletion } from '../../../src/cli/reference/bash.ts';
import { fishCompletion } from '../../../src/cli/reference/fish.ts';
import { manPage } from '../../../src/cli/reference/man.ts';
import { markdownReference } from '../../../src/cli/reference/markdown.ts';
import { walk } from '../../../src/cli/reference/tree.ts';
import { zshCompletion } from '../../../src/cli/reference/zsh.ts';
import { runProgram } from '../commands/install/fake-world.ts';

const load = async () => async () => 0;
const tree: CommandDefinition[] = [
  {
    name: 'vm',
    summary: "a machine's life",
    subcommands: [
      {
        name: 'run',
        summary: 'boot it',
        args: [{ name: '[iso]', help: 'what to boot' }],
        options: [
          { flags: '-f, --firmware <kind>', help: 'how it boots', choices: ['bios', 'efi'], default: 'bios' },
          { flags: '--disk <file>', help: 'a disk [raw]: its file', repeatable: true },
          { flags: '--secret', help: 'not shown', hidden: true },
        ],
        examples: [{ line: '.opsctl vm run -f efi', does: 'Boot:' }],
        load,
      },
    ],
  },
  { name: 'facts', summary: 'what is here', load },
  {
    name: 'get',
    summary: 'one value',
    args: [{ name: '<key>', help: 'which', words: ['bos.token', 'bos.taints', 'hostname'] }],
    load,
  },
  { name: 'help-markdown', summary: 'unlisted', load },
];

/** What bash offers when Tab is pressed after `words`. */
function offered(words: readonly string[], commands: readonly CommandDefinition[] = tree): string[] {
  const script = `${bashCompletion(commands)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _opsctl
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execaSync('bash', ['-c', script, 'bash', ...words])
    .stdout.split('\n')
    .filter(Boolean);
}

const completes = test.macro({
  exec: (t, words: readonly string[], expected: readonly string[]) => {
    t.deepEqual(offered(words), [...expected]);
  },
  title: (name = '') => `bash completes ${name}`,
});
test('commands', completes, ['opsctl', ''], ['vm', 'facts', 'get', 'help', '--version', '--help']);
test('a command', completes, ['opsctl', 'fa'], ['facts']);
test('subcommands', completes, ['opsctl', 'vm', 'r'], ['run']);
test('options', completes, ['opsctl', 'vm', 'run', '--'], ['--firmware', '--disk', '--verbose', '--help']);
test('the values of an option', completes, ['opsctl', 'vm', 'run', '--firmware', ''], ['bios', 'efi']);
test('the values of a short option', completes, ['opsctl', 'vm', 'run', '-f', 'e'], ['efi']);
test('no words where a file belongs', completes, ['opsctl', 'vm', 'run', '--disk', ''], []);
test('behind options', completes, ['opsctl', 'vm', '-v', 'run', '--di'], ['--disk']);

test('the words of an argument', completes, ['opsctl', 'get', 'bos.t'], ['bos.token', 'bos.taints']);
test('no file where words belong', completes, ['opsctl', 'get', '/et'], []);
test('options beside the words of an argument', completes, ['opsctl', 'get', '--h'], ['--help']);

test('the names of keys are completed where one is asked for', (t) => {
  t.deepEqual(offered(['opsctl', 'config', 'get', 'bos.dns'], real).toSorted(), [
    'bos.dns_nameserver',
    'bos.dns_nameservers',
  ]);
});

test('bash and shellcheck accept the script of the real tree', (t) => {
  const input = bashCompletion(real);
  t.notThrows(() => execaSync('bash', ['-n'], { input }));
  t.notThrows(() => execaSync('shellcheck', ['--norc', '--shell=bash', '-'], { input }));
});

test('zsh script', (t) => {
  t.snapshot(zshCompletion(tree));
});

test('fish script', (t) => {
  t.snapshot(fishCompletion(tree));
});

test('manual page', (t) => {
  t.snapshot(manPage(tree, '1.2.3'));
});

test('Markdown', (t) => {
  t.snapshot(markdownReference(tree));
});

test('every form has every listed command of the real tree', (t) => {
  const forms = [zshCompletion(real), fishCompletion(real), manPage(real, '1.2.3'), markdownReference(real)];
  for (const { command } of walk(real)) {
    for (const text of forms)
      t.true(text.includes(command.name.replaceAll('-', text.startsWith('.TH') ? '\\-' : '-')));
  }
  t.true(walk(real).length > 2);
});

const prints = test.macro({
  exec: async (t, argv: readonly string[], start: RegExp) => {
    const { exitCode, out, err } = await runProgram(argv, { commands: real });
    t.is(exitCode, 0);
    t.is(err, '');
    t.regex(out, start);
  },
  title: (name = '') => `opsctl ${name}`,
});
test('completion bash', prints, ['completion', 'bash'], /^# bash completion/);
test('completion zsh', prints, ['completion', 'zsh'], /^#compdef opsctl opsutl\n/);
test('completion fish', prints, ['completion', 'fish'], /^# fish completion/);
test('man', prints, ['man'], /^\.TH OPSCTL 8 /);
test('help-markdown', prints, ['help-markdown'], /^# Commands\n/);

test('opsctl completion tcsh is refused', async (t) => {
  const { exitCode, err } = await runProgram(['completion', 'tcsh'], { commands: real });
  t.is(exitCode, 2);
  t.regex(err, /bash, zsh, fish/);
});
