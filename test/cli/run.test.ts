/** What the program does with a command line: exit codes, errors in words and as an event, help. */
import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import type { CommandAction, CommandContext, CommandDefinition, Terminal } from '../../src/cli/command.ts';
import { OpsError, refused } from '../../src/errors.ts';
import { ToolFailed } from '../../src/host/tool-failed.ts';
import { result } from '../../src/plan/events.ts';
import { runProgram } from './commands/install/fake-world.ts';

const command = (action: CommandAction, rest: Partial<CommandDefinition> = {}): CommandDefinition => ({
  name: 'work',
  summary: 'do the work',
  options: [{ flags: '--json', help: 'print events as JSON lines' }],
  ...rest,
  load: async () => action,
});
const failing = (error: unknown) => [
  command(async () => {
    throw error;
  }),
];
const quiet = [command(async () => undefined)];

const exits = test.macro({
  exec: async (t, error: unknown, exitCode: number) => {
    const ended = await runProgram(['work'], { commands: failing(error) });
    t.is(ended.exitCode, exitCode);
    t.is(ended.out, '');
    t.regex(ended.err, /^error: /);
  },
  title: (name = '') => `exit code: ${name}`,
});
test('usage', exits, new OpsError('usage', 'a', 'a'), 2);
test('refused', exits, new OpsError('refused', 'a', 'a'), 3);
test('undone', exits, new OpsError('undone', 'a', 'a'), 4);
test('broken', exits, new OpsError('broken', 'a', 'a'), 5);
test('interrupted', exits, new OpsError('interrupted', 'a', 'a'), 130);
test('a bug', exits, new TypeError('x is not a function'), 1);
test('not even an error', exits, 'a string', 1);
test('an aborted library call', exits, new DOMException('aborted', 'AbortError'), 130);
test('Ctrl-C at a prompt', exits, Object.assign(new Error('bye'), { name: 'ExitPromptError' }), 130);

test('exit code: what the action returns, 0 when nothing', async (t) => {
  t.is((await runProgram(['work'], { commands: quiet })).exitCode, 0);
  t.is((await runProgram(['work'], { commands: [command(async () => 7)] })).exitCode, 7);
});

test('an error says what, why and what to do', async (t) => {
  const error = refused('disk-too-small', 'The disk /dev/vda is too small.', {
    details: ['it has 1 GB', '2.5 GB are needed'],
    hint: `Give a larger disk; ${'more words '.repeat(12).trim()}.`,
  });
  const { err } = await runProgram(['work'], { commands: failing(error) });
  t.is(
    err,
    [
      'error: The disk /dev/vda is too small.',
      '  it has 1 GB',
      '  2.5 GB are needed',
      'hint: Give a larger disk; more words more words more words more words more words',
      'more words more words more words more words more words more words more words.',
      '',
    ].join('\n'),
  );
});

const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
const loses = test.macro({
  exec: async (t, rest: Partial<CommandDefinition>, argv: readonly string[], exitCode: number) => {
    const options = ['--json', '--dry-run', '--output <file>'].map((flags) => ({ flags, help: 'x' }));
    const commands = [command(async () => 0, { options, ...rest })];
    const ended = await runProgram(argv, { commands, terminal: { outFault: () => full } });
    t.is(ended.exitCode, exitCode);
    const label = exitCode === 0 ? 'warning' : 'error';
    t.true(
      ended.err.startsWith(`${label}: Not all of the output could be written to stdout: no space is left`),
    );
    t.is(ended.err.includes('What was done is not affected'), exitCode === 0);
    t.is(ended.err.includes('\nhint: Free some space there'), exitCode !== 0);
  },
  title: (name = '') => `output that is lost: ${name}`,
});
test('of a command that only prints', loses, { prints: true }, ['work'], 3);
test('where something was done its exit code stays', loses, {}, ['work'], 0);
test('of events, the same', loses, {}, ['work', '--json'], 0);
test('of a dry run', loses, {}, ['work', '--dry-run'], 3);
test('beside a file that was written', loses, { prints: true }, ['work', '--output', 'file'], 0);
test('help', loses, {}, ['work', '--help'], 3);

const fault = `profile.yaml:4:9: warning: ${'the pack has no layer '.repeat(5).trim()}`;
const listed = test.macro({
  exec: async (t, terminal: Partial<Terminal>, argv: readonly string[], lines: readonly string[]) => {
    const error = refused('faults', 'There are faults.', { details: [fault] });
    const { err, out } = await runProgram(argv, { commands: failing(error), terminal });
    t.deepEqual(err.split('\n').slice(1, -1), lines);
    if (argv.includes('--json')) t.deepEqual(result.parse(JSON.parse(out)).details, [fault]);
  },
  title: (name = '') => `a list of faults is ${name}`,
});
const atTerminal = [
  '  profile.yaml:4:9: warning: the pack has no layer the pack has no layer the',
  '    pack has no layer the pack has no layer the pack has no layer',
];
test('wrapped at a terminal', listed, { stderrIsTty: true }, ['work'], atTerminal);
test('a line for each in a pipe', listed, { stderrIsTty: false }, ['work'], [`  ${fault}`]);
test('never wrapped in --json', listed, { stderrIsTty: true }, ['work', '--json'], atTerminal);

const isPlain = test.macro({
  exec: async (t, error: OpsError, exitCode: number) => {
    const ended = await runProgram(['work'], { commands: failing(error) });
    t.deepEqual([ended.err, ended.exitCode], ['You left.\nhint: Come back.\n', exitCode]);
  },
  title: (name = '') => `what a person chose is no error: ${name}`,
});
test('leaving', isPlain, new OpsError('interrupted', 'left', 'You left.', { hint: 'Come back.' }), 130);
test('no', isPlain, refused('declined', 'You left.', { hint: 'Come back.' }), 3);

test('verbose adds the code and the causes', async (t) => {
  const error = refused('no-disk', 'No disk.', { cause: new Error('the deeper reason') });
  const { err } = await runProgram(['work', '-v'], { commands: failing(error) });
  t.regex(err, /code: no-disk \(exit 3\)/);
  t.regex(err, /caused by: Error: the deeper reason/);
});

test('a bug prints its stack and says that it is one', async (t) => {
  const { err } = await runProgram(['work'], { commands: failing(new TypeError('x is not a function')) });
  t.regex(err, /^error: This is a bug in opsctl \d+\.\d+\.\d+/);
  t.regex(err, /TypeError: x is not a function\n\s+at /);
});

test('with --json a failure is also a result event', async (t) => {
  const error = refused('no-disk', 'No disk.', { hint: 'Add one.', details: ['looked at /dev'] });
  const { out } = await runProgram(['work', '--json'], { commands: failing(error) });
  const event = result.parse(JSON.parse(out));
  const { exitCode, ok, code, message, hint, details } = event;
  t.deepEqual(
    { exitCode, ok, code, message, hint, details },
    {
      exitCode: 3,
      ok: false,
      code: 'no-disk',
      message: 'No disk.',
      hint: 'Add one.',
      details: ['looked at /dev'],
    },
  );
});

test('with --json a wrong command line is a result event too', async (t) => {
  const { out, exitCode } = await runProgram(['work', '--jsn', '--json'], { commands: quiet });
  t.is(exitCode, 2);
  t.is(result.parse(JSON.parse(out)).code, 'unknown-option');
});

const wrong = test.macro({
  exec: async (t, argv: readonly string[], message: RegExp) => {
    const commands = [
      command(async () => undefined, {
        args: [{ name: '<iso>', help: 'a file' }],
        options: [
          { flags: '--bus <bus>', help: 'how', choices: ['cd', 'usb'] },
          { flags: '--disk <file>', help: 'a disk', repeatable: true, choices: ['a', 'b'] },
        ],
      }),
    ];
    const { exitCode, err, out } = await runProgram(argv, { commands });
    t.is(exitCode, 2);
    t.is(out, '');
    t.regex(err, message);
    t.regex(err, /^hint: /m);
  },
  title: (name = '') => `wrong: ${name}`,
});
test('a command that does not exist', wrong, ['wrok'], /Unknown command 'wrok'\nhint: Did you mean work\?/);
test('help for one', wrong, ['help', 'frobnicate'], /Unknown command 'frobnicate'/);
test(
  'help for one within another',
  wrong,
  ['help', 'work', 'frob'],
  /Unknown command 'work frob'\nhint: See 'opsctl work --help'/,
);
test('no command', wrong, [], /A command is missing/);
test(
  'an option that does not exist',
  wrong,
  ['work', 'x', '--bsu'],
  /Unknown option '--bsu'\nhint: Did you mean --bus\?/,
);
test('a missing argument', wrong, ['work'], /Missing required argument 'iso'/);
test('one argument too many', wrong, ['work', 'x', 'y'], /Too many arguments/);
test('a missing value', wrong, ['work', 'x', '--bus'], /argument missing/);
test('a value that is no choice', wrong, ['work', 'x', '--bus', 'scsi'], /Allowed choices are cd,\susb/);
test('a repeated value that is no choice', wrong, ['work', 'x', '--disk', 'c'], /Allowed choices are a, b/);

test('an action is given arguments, options, verbosity and the signal', async (t) => {
  const seen: { context: CommandContext; args: unknown; options: unknown }[] = [];
  const { signal } = new AbortController();
  const inner = command(
    async (context, args, options) => {
      seen.push({ context, args, options });
      return 0;
    },
    {
      name: 'run',
      args: [
        { name: '[iso]', help: 'a file' },
        { name: '[more...]', help: 'files' },
      ],
      options: [
        { flags: '-d, --disk <file>', help: 'a disk', repeatable: true },
        { flags: '--no-format', help: 'leave it' },
        { flags: '--memory <mb>', help: 'how much', default: '512' },
      ],
    },
  );
  const commands: CommandDefinition[] = [{ name: 'vm', summary: 'machines', subcommands: [inner] }];
  const argv = ['vm', '-v', 'run', 'bos.iso', 'x', 'y', '-d', '1', '--disk', '2', '--no-format'];
  t.is((await runProgram(argv, { commands, signal })).exitCode, 0);
  t.deepEqual(seen[0]?.args, ['bos.iso', ['x', 'y']]);
  t.deepEqual(seen[0]?.options, { disk: ['1', '2'], format: false, memory: '512' });
  t.true(seen[0]?.context.verbose);
  t.is(seen[0]?.context.signal, signal);
});

const lists = test.macro({
  exec: async (t, boot: string | undefined, listed: readonly string[]) => {
    const names = ['install', 'build', 'vm', 'facts'];
    const commands = names.map((name) => command(async () => 3, { name, summary: `to ${name}` }));
    const world = { commands, ...(boot === undefined ? {} : { boot }) };
    for (const argv of [['--help'], ['help'], []]) {
      const { out, err } = await runProgram(argv, world);
      const text = out + err;
      t.deepEqual(
        names.filter((name) => text.includes(`to ${name}`)),
        listed,
      );
      const others = names.filter((name) => !listed.includes(name)).join(', ');
      t.is(text.includes(`do not work on this machine: ${others}.`), others !== '', text);
    }
    for (const name of names) {
      t.regex((await runProgram([name, '--help'], world)).out, new RegExp(`^Usage: opsctl ${name}`));
      t.is((await runProgram([name], world)).exitCode, 3, `${name} still runs`);
    }
  },
  title: (name = '') => `help lists what works ${name}`,
});
const live = ['install', 'facts'];
test('in a live system', lists, '{"v":1,"mode":"live","medium":"/dev/sr0"}', live);
test('in an installer', lists, '{"v":1,"mode":"install"}', live);
test('in an installed system', lists, '{"v":1,"mode":"disk"}', ['facts']);
test('in a system that was started from its ISO on a disk', lists, JSON.stringify({ v: 1, mode: 'local' }), [
  'facts',
]);
test('where the record of the boot is damaged', lists, 'not JSON', live);
test('on another Linux', lists, undefined, ['install', 'build', 'vm', 'facts']);

test('a typo never leads to an option that gives something away', async (t) => {
  const commands = [
    command(async () => undefined, {
      options: [
        { flags: '--wipe', help: 'w' },
        { flags: '--wide', help: 'w' },
        { flags: '--allow-no-login', help: 'a' },
      ],
    }),
  ];
  const hint = async (typed: string) => (await runProgram(['work', typed], { commands })).err.split('\n')[1];
  const help = "See 'opsctl work --help'.";
  t.is(await hint('--nope'), `hint: ${help}`);
  t.is(await hint('--wippe'), `hint: ${help}`);
  t.is(await hint('--allow-nologin'), `hint: ${help}`);
  t.is(await hint('--wixe'), `hint: Did you mean --wide? ${help}`, 'one of two is left');
  t.is(await hint('--wid'), `hint: Did you mean --wide? ${help}`);
});

test('who is not root reads the command line to type', async (t) => {
  const args = [{ name: '[device]', help: 'd' }];
  for (const code of ['not-root', 'root-required']) {
    const error = refused(code, 'Only root can.', { hint: 'Run it with sudo.' });
    const commands = failing(error).map((one) => ({ ...one, args }));
    const { err } = await runProgram(['work', "/dev/it's", '-v'], { commands });
    t.true(err.includes("hint: Run it with sudo: `sudo opsctl work '/dev/it'\\''s' -v`."), err);
    const { out } = await runProgram(['work', 'x', '--json'], { commands });
    t.is(result.parse(JSON.parse(out)).hint, 'Run it with sudo.', 'a log must not get what was typed');
  }
});

test('a program that died when the command was stopped is an interruption', async (t) => {
  const died = new ToolFailed({ command: 'mksquashfs', args: [], signal: 'SIGINT', stdout: '', stderr: '' });
  t.is((await runProgram(['work'], { commands: failing(died) })).exitCode, 4);
  const stopped = await runProgram(['work'], { commands: failing(died), signal: AbortSignal.abort() });
  t.is(stopped.exitCode, 130);
  t.is(stopped.err, 'error: Interrupted.\n');
});

test('colour only where the terminal has it', async (t) => {
  const commands = failing(refused('a', 'No.'));
  const { err: plain } = await runProgram(['work'], { commands });
  const { err: coloured } = await runProgram(['work'], { commands, terminal: { color: true } });
  t.false(plain.includes('\x1b'));
  t.is(stripVTControlCharacters(coloured), plain);
  t.not(coloured, plain);
});

test('version', async (t) => {
  for (const flag of ['--version', '-V']) {
    const { exitCode, out } = await runProgram([flag], { commands: quiet });
    t.is(exitCode, 0);
    t.regex(out, /^\d+\.\d+\.\d+\S*\n$/);
  }
});
