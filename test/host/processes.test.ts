/** The contract of Processes, kept by both ways of running programs: not a case in which a caller sees which it is. */
import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { OpsError } from '../../src/errors.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Host, Processes } from '../../src/host/ports.ts';
import { ToolFailed } from '../../src/host/tool-failed.ts';
import { workstationHost } from '../../src/host/workstation/index.ts';

const { files, clock } = linuxHost();

async function folder(t: ExecutionContext): Promise<string> {
  const path = await files.makeTempDir('bos-test-');
  t.teardown(() => files.remove(path));
  return path;
}

interface Ways {
  readonly 'on its own': Host;
  readonly 'by execa': Host;
}
const ways: Ways = { 'on its own': linuxHost(), 'by execa': workstationHost() };
/** For a program that is to be started in another process. */
const modules: Readonly<Record<keyof Ways, string>> = {
  'on its own': `import { linuxHost as host } from ${JSON.stringify(import.meta.resolve('../../src/host/linux/index.ts'))};`,
  'by execa': `import { workstationHost as host } from ${JSON.stringify(import.meta.resolve('../../src/host/workstation/index.ts'))};`,
};

type Case = (t: ExecutionContext, processes: Processes, way: keyof Ways) => Promise<void>;

/** The case once for each way. */
function both(title: string, perform: Case): void {
  for (const way of Object.keys(ways) as (keyof Ways)[])
    test(`${title} (${way})`, (t) => perform(t, ways[way].processes, way));
}

const failure = (t: ExecutionContext, running: Promise<unknown>) =>
  t.throwsAsync(running, { instanceOf: ToolFailed }) as Promise<ToolFailed>;

both('run: output and input', async (t, { run }) => {
  t.deepEqual(await run('cat', [], { input: 'a\nb\n' }), { exitCode: 0, stdout: 'a\nb\n', stderr: '' });
  const bytes = Uint8Array.from([0xef, 0xbb, 0xbf, 0x41, 0xff, 0x0a]);
  t.is((await run('cat', [], { input: bytes })).stdout, '\ufeffA\ufffd\n', 'a byte order mark stays');
  t.is((await run('cat', [])).stdout, '', 'without input there is none');
  t.deepEqual(await run('sh', ['-c', 'echo out; echo err >&2']), {
    ...{ exitCode: 0, stdout: 'out\n', stderr: 'err\n' },
  });
});

both('run: a file as input is read from its beginning and let go of', async (t, { run }) => {
  const path = join(await folder(t), 'input');
  await files.write(path, 'from a file');
  t.is((await run('cat', [], { inputFile: path })).stdout, 'from a file');
  await failure(t, run('false', [], { inputFile: path }));
  const open = await Promise.all(
    (await files.list('/proc/self/fd')).map((number) =>
      files.readLink(`/proc/self/fd/${number}`).catch(() => ''),
    ),
  );
  t.false(open.includes(path));
});

both('run: a small clean environment, the program by its own name, and the folder', async (t, { run }) => {
  const given = (await run('env', [], { env: { EXTRA: 'yes' } })).stdout.trimEnd().split('\n');
  const names = given
    .map((line) => line.replace(/=.*/, ''))
    .filter((name) => !/^(TMPDIR|\w+_proxy|NODE_V8_COVERAGE)$/.test(name));
  t.deepEqual(names.toSorted(), ['EXTRA', 'HOME', 'LC_ALL', 'PATH']);
  t.true(given.includes('EXTRA=yes') && given.includes('LC_ALL=C.UTF-8'));
  t.is((await run('pwd', [], { cwd: '/' })).stdout, '/\n');
  t.is((await run('sh', ['-c', 'echo "$0"'])).stdout, 'sh\n');
  t.is((await run('printf', ['%s|', 'a b', '$HOME', '*', "'", ''])).stdout, "a b|$HOME|*|'||", 'no shell');
});

both('run: exit codes that are not failures', async (t, { run }) => {
  t.is((await run('false', [], { okCodes: [0, 1] })).exitCode, 1);
  t.is((await failure(t, run('true', [], { okCodes: [1] }))).exitCode, 0);
});

both('run: a failure carries the command, the code and the end of its output', async (t, { run }) => {
  const error = await failure(t, run('ls', ['/no/such']));
  t.like(error, { exitCode: 2, signal: undefined, timedOut: false, command: 'ls', args: ['/no/such'] });
  t.is(error.message, 'ls failed with exit code 2');
  t.is(error.details[0], 'command: ls /no/such');
  t.regex(error.details[1] ?? '', /No such file/);
  t.is(error.details.length, 2);
  t.is(error.cause, undefined);
  const both = await failure(t, run('sh', ['-c', 'echo out; echo err >&2; exit 3'], { program: 'mine' }));
  t.like(both, { message: 'mine failed with exit code 3', stdout: 'out\n', stderr: 'err\n' });
});

both('run: a failure has no endless command line', async (t, { run }) => {
  const args = ['0', 'ls', `/no/${'x'.repeat(2000)}`];
  const error = await failure(t, run('timeout', args, { program: 'ls' }));
  t.is(error.message, 'ls failed with exit code 2');
  t.regex(error.details[0] ?? '', /^command: timeout 0 ls .{500,600} …$/);
});

both('run: a missing program', async (t, { run, which }) => {
  const missing = await t.throwsAsync(run('no-such-program', []), { instanceOf: OpsError });
  t.like(missing, { kind: 'refused', code: 'tool-missing' });
  t.like(await t.throwsAsync(run('/etc/passwd', [])), { code: 'tool-missing' }, 'not to be executed');
  t.is(await which('no-such-program'), undefined);
  t.regex((await which('sh')) ?? '', /^\/.*\/sh$/);
});

both('run: what cannot be started fails with its cause', async (t, { run }) => {
  const nowhere = await failure(t, run('pwd', [], { cwd: '/no/such' }));
  t.like(nowhere, { exitCode: undefined, signal: undefined, timedOut: false });
  t.is((nowhere.cause as NodeJS.ErrnoException).code, 'ENOENT');
  const invalid = await failure(t, run('echo', ['a\0b']));
  t.true(invalid.cause instanceof TypeError);
});

both('run: a signal', async (t, { run }) => {
  const error = await failure(t, run('sh', ['-c', 'echo before; kill -HUP $$']));
  t.like(error, { exitCode: undefined, signal: 'SIGHUP', timedOut: false, stdout: 'before\n' });
  t.is(error.message, 'sh was ended by SIGHUP');
});

both('run: a timeout', async (t, { run }) => {
  const late = await failure(t, run('sleep', ['60'], { timeoutMs: 50 }));
  t.like(late, { timedOut: true, signal: 'SIGTERM', exitCode: undefined });
  t.is(late.message, 'sleep took too long and was stopped');
  t.is(late.cause, undefined);
});

both('run: one that ignores the polite signal is killed, whoever holds its output', async (t, { run }) => {
  const stopped = (program: string) => failure(t, run('sh', ['-c', program], { outputLimit: 3 }));
  const stubborn = stopped('trap "" TERM; sleep 60 & echo 1234; while :; do wait; done');
  const left = stopped('sleep 60 & echo 1234; wait');
  t.like(await stubborn, { signal: 'SIGKILL', stdout: '123' });
  t.like(await left, { signal: 'SIGTERM', stdout: '123' });
  const polite = await stopped('trap "exit 0" TERM; echo 1234; while :; do sleep 0.1; done');
  t.like(polite, { exitCode: 0, signal: undefined }, 'whatever it says to the signal');
});

both('run: an abort, before and while it runs', async (t, { run }) => {
  const aborter = new AbortController();
  const aborted = run('sleep', ['60'], { signal: aborter.signal });
  aborter.abort();
  t.like(await t.throwsAsync(aborted), { kind: 'interrupted', message: 'sleep was interrupted' });
  const never = run('sleep', ['60'], { signal: AbortSignal.abort() });
  t.like(await t.throwsAsync(never), { kind: 'interrupted', message: 'sleep was interrupted' });
  const stubborn = new AbortController();
  const ignoring = run('sh', ['-c', 'trap "" TERM; echo; while :; do sleep 1; done'], {
    signal: stubborn.signal,
    onStdout: () => stubborn.abort(),
  });
  t.like(await t.throwsAsync(ignoring), { kind: 'interrupted' });
  const unused = new AbortController();
  t.is((await run('true', [], { signal: unused.signal })).exitCode, 0);
  await failure(t, run('false', [], { signal: unused.signal }));
  await t.throwsAsync(run('/no/such/program', [], { signal: unused.signal }), { code: 'tool-missing' });
  t.deepEqual(getEventListeners(unused.signal, 'abort'), [], 'what has ended no longer listens');
});

both(
  'run: a program need not read its input, and what it leaves in the background is waited for',
  async (t, { run }) => {
    t.is((await run('true', [], { input: new Uint8Array(1_000_000) })).exitCode, 0);
    t.is((await run('sh', ['-c', '(sleep 0.2; echo later) & echo now'])).stdout, 'now\nlater\n');
    const failed = await failure(t, run('sh', ['-c', '(sleep 0.2; echo later) & echo now; exit 1']));
    t.is(failed.stdout, 'now\nlater\n');
  },
);

both(
  'run: the input may be a file, and what is cut between two chunks is put together',
  async (t, { run }) => {
    const text = 'ä'.repeat(100_001);
    const path = join(await folder(t), 'input');
    await files.write(path, `x${text}`);
    t.is((await run('cat', [], { inputFile: path })).stdout, `x${text}`);
    const seen = await run('sh', ['-c', 'readlink /proc/self/fd/0; dd bs=1 skip=1 count=2 status=none'], {
      inputFile: path,
    });
    t.is(seen.stdout, `${path}\nä`, 'the very file: a program may seek in it');
    await t.throwsAsync(run('cat', [], { inputFile: '/no/such' }), { code: 'ENOENT' });
  },
);

both('run: lines come as they are written', async (t, { run }) => {
  const lines: string[] = [];
  const errors: string[] = [];
  const program = 'printf "10%%\\r20%%\\r\\nä\\n\\nend"; printf "b\\r" >&2';
  const { stdout, stderr } = await run('sh', ['-c', program], {
    onStdout: (line) => lines.push(line),
    onStderr: (line) => errors.push(line),
  });
  t.deepEqual(lines, ['10%', '20%', 'ä', '', 'end']);
  t.deepEqual(errors, ['b']);
  t.deepEqual([stdout, stderr], ['10%\r20%\r\nä\n\nend', 'b\r'], 'and the whole as it was');
  // The second line would never come if the first were not told while the program runs.
  const path = join(await folder(t), 'go');
  await run('sh', ['-c', 'echo first; while ! [ -e "$0" ]; do sleep 0.02; done; echo second', path], {
    onStdout: (line) => void (line === 'first' && files.write(path, '')),
    timeoutMs: 60_000,
  });
  t.pass();
});

both('run: a program that writes without end is stopped', async (t, { run }) => {
  const endless = await failure(t, run('yes', [], { outputLimit: 100_000 }));
  t.like(endless, { signal: 'SIGTERM', timedOut: false });
  t.is(endless.stdout, 'y\n'.repeat(50_000));
  t.is((endless.cause as Error).message, 'it wrote more than 100000 bytes');
  const waiting = 'head -c 1001 /dev/zero >&2; exec sleep 60';
  t.like(await failure(t, run('sh', ['-c', waiting], { outputLimit: 1000 })), { signal: 'SIGTERM' });
  const just = await run('head', ['-c', '1000', '/dev/zero'], { outputLimit: 1000 });
  t.is(just.stdout.length, 1000);
});

/** The output of a program that has `host()`, in a process of its own. */
const elsewhere = (way: keyof Ways, program: string) =>
  linuxHost().processes.run(process.execPath, ['--input-type=module', '-e', `${modules[way]}${program}`]);

both('run: the terminal of this process, when it is to have it', async (t, _, way) => {
  const { stdout, stderr } = await elsewhere(
    way,
    `process.env.TERM = 'mine';
    const { processes } = host();
    const seen = await processes.run('sh', ['-c', 'echo "$TERM"; echo told >&2'], { inherit: true });
    console.log(JSON.stringify(seen));
    await processes.run('sh', ['-c', 'echo "hidden $TERM"']);
    await processes.start('sh', ['-c', 'echo "started $TERM"'], { inherit: true }).exited;`,
  );
  t.is(stdout, 'mine\n{"exitCode":0,"stdout":"","stderr":""}\nstarted mine\n');
  t.is(stderr, 'told\n');
});

const dead = async (pid: number) =>
  /^State:\s+Z/m.test(await files.readText(`/proc/${pid}/status`).catch(() => 'State: Z'));
async function dies(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 500 && !(await dead(pid)); tries++) await clock.sleep(10);
  return dead(pid);
}

both('run: a child ends with this process, whose signals are its own', async (t, _, way) => {
  const { stdout } = await elsewhere(
    way,
    `const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => process.listenerCount(name));
    host().processes.run('sh', ['-c', 'echo $$; exec sleep 60'], { onStdout: (pid) => {
      console.log(pid, signals, ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => process.listenerCount(name)));
      process.exit(0);
    } });`,
  );
  const [, pid = '', before, after] = /^(\d+) (\[.*?\]) (\[.*?\])\n$/.exec(stdout) ?? [];
  t.true(await dies(Number(pid)), stdout);
  t.is(after, before);
});

both('start: a child with pipes, killed on request', async (t, { start }) => {
  const child = start('cat', []);
  t.true(child.pid > 1);
  child.stdin?.write('hello\n');
  const chunk = await new Promise((resolve) => child.stdout?.once('data', resolve));
  t.is(String(chunk), 'hello\n');
  child.kill('SIGKILL');
  t.deepEqual(await child.exited, { exitCode: null, signal: 'SIGKILL' });
  t.deepEqual(await start('sh', ['-c', 'exit 7']).exited, { exitCode: 7, signal: null });
  t.throws(() => start('no-such-program', []), { code: 'tool-missing' });
  await t.throwsAsync(start('pwd', [], { cwd: '/no/such' }).exited, { code: 'ENOENT' });
});

both('start: what a child writes waits for its reader', async (t, { start }) => {
  const child = start('sh', ['-c', 'echo out; echo err >&2; pwd; echo "$EXTRA"; read line; echo "$line"'], {
    cwd: '/',
    env: { EXTRA: 'yes' },
  });
  await clock.sleep(100);
  const read = async (stream: AsyncIterable<unknown> | null) => {
    let text = '';
    for await (const chunk of stream ?? []) text += String(chunk);
    return text;
  };
  const texts = Promise.all([read(child.stdout), read(child.stderr)]);
  child.stdin?.end('asked\n');
  t.deepEqual(await texts, ['out\n/\nyes\nasked\n', 'err\n']);
  t.deepEqual(await child.exited, { exitCode: 0, signal: null });
});

both('start: the child does not outlive a parent that is killed', async (t, _, way) => {
  const program = `${modules[way]}
    const child = host().processes.start('cat', []);
    child.stdin.write('ready\\n');
    child.stdout.once('data', () => console.log(child.pid));`;
  const parent = linuxHost().processes.start(process.execPath, ['--input-type=module', '-e', program]);
  const pid = await new Promise<number>((resolve) =>
    parent.stdout?.once('data', (data) => resolve(Number(data))),
  );
  t.true(await files.exists(`/proc/${pid}`));
  parent.kill('SIGKILL');
  await parent.exited;
  t.true(await dies(pid));
});

both('run: what cannot be started says why', async (t, { run }) => {
  for (const args of [['x'.repeat(200_000)], Array.from({ length: 40_000 }, () => 'y'.repeat(120))]) {
    const error = await failure(t, run('true', args));
    t.is(error.message, 'true could not be started: the command line is too long');
    t.is(error.exitCode, undefined);
  }
  const text = join(await folder(t), 'no-program');
  await files.write(text, '#!/nowhere/interpreter\n');
  await files.chmod(text, 0o755);
  t.regex((await failure(t, run(text, []))).message, /no-program could not be started: /);
});
