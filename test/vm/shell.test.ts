import test, { type ExecutionContext } from 'ava';
import { workstationHost } from '../../src/host/workstation/index.ts';
import { Console } from '../../src/vm/console.ts';
import { login, markedLine, runCommand } from '../../src/vm/shell.ts';

const host = workstationHost();

/** A real shell on a pseudo terminal of this machine, as a guest has on its console. */
async function shell(t: ExecutionContext, command: string): Promise<Console> {
  const child = host.processes.start('script', ['-qefc', command, '/dev/null'], {
    env: { TERM: 'vt220', PS1: 'guest$ ' },
  });
  t.teardown(() => child.kill('SIGKILL'));
  if (child.stdout === null || child.stdin === null) throw new Error('no pipes');
  const console = new Console(child.stdout, child.stdin);
  child.exited.then(() => console.end('the shell ended'));
  await console.awaitText('guest$ ', { timeoutMs: 20_000 });
  return console;
}

const runs = test.macro<[command: string, exitCode: number, stdout: string]>({
  exec: async (t, command, exitCode, stdout) => {
    for (const program of ['bash --norc --noprofile -i', 'dash -i']) {
      const console = await shell(t, program);
      t.deepEqual(await runCommand(console, command, { timeoutMs: 20_000 }), { exitCode, stdout });
      t.is((await runCommand(console, 'echo again')).stdout, 'again\n');
    }
  },
  title: (_, command) => `run: ${JSON.stringify(command.slice(0, 40))}`,
});
test(runs, 'true', 0, '');
test(runs, '(exit 7)', 7, '');
test(runs, 'echo one; echo two >&2', 0, 'one\ntwo\n');
test(runs, 'printf "no newline"', 0, 'no newline');
test(runs, `echo "it's" '$HOME' \\"`, 0, `it's $HOME "\n`);
test(runs, 'echo a # not the end', 0, 'a\n');
test(runs, 'for i in 1 2\ndo\n\techo "$i!"\ndone', 0, '1!\n2!\n');
test(runs, `echo ${'long '.repeat(100).trim()}`, 0, `${'long '.repeat(100).trim()}\n`);
test(runs, `echo ${'x'.repeat(1500)}`, 0, `${'x'.repeat(1500)}\n`);
test(runs, 'no-such-command 2>/dev/null', 127, '');
test(runs, 'echo ä', 0, 'ä\n');

test('what is typed does not hold the marks that are awaited', (t) => {
  t.is(markedLine('ls /', 'id'), ` printf '<<%s:begin>>\\n' id; eval 'ls /'; printf '<<%s:%d>>\\n' id $?`);
});

test('a shell that ends is told at once', async (t) => {
  const console = await shell(t, 'dash -i');
  await t.throwsAsync(runCommand(console, 'exit 1'), { code: 'machine-ended', message: /the shell ended/ });
});

const greeting = String.raw`echo 'Last login: today'; PS1='guest\$ ' exec dash -i`;
for (const [title, words, password] of [
  ['at once', 'read -r user', undefined],
  ['when the prompt is written again', "read -r lost; printf 'node login: '; read -r user", undefined],
  ['with a password', "read -r user; printf 'Password: '; read -r secret", 'x'],
  [
    'with a password, when the prompt is written again',
    "read -r lost; printf 'node login: '; read -r user; printf 'Password: '; read -r secret",
    'x',
  ],
] as const)
  test(`login ${title}`, async (t) => {
    const getty = `printf 'guest$ \\nnode login: '; ${words}; echo "by $user\${secret:+ with $secret}"; ${greeting}`;
    const console = await shell(t, `sh -c ${JSON.stringify(getty).replaceAll('$', '\\$')}`);
    await login(console, 'ann', { timeoutMs: 20_000, ...(password === undefined ? {} : { password }) });
    t.true(console.text.includes(`by ann${password === undefined ? '' : ' with x'}\n`), console.text);
    t.is((await runCommand(console, 'echo in', { timeoutMs: 20_000 })).stdout, 'in\n');
  });
