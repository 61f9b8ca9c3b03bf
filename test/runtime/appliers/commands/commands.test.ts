import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Config } from '../../../../src/config/config.ts';
import type { RunPhase } from '../../../../src/runtime/appliers/applier.ts';
import { applyContext } from '../../../../src/runtime/appliers/applier.ts';
import {
  bootCommandsApplier,
  commandsApplier,
  initCommandsApplier,
  runCommandsApplier,
} from '../../../../src/runtime/appliers/commands/commands.ts';
import type { FakeRoot } from '../../fake-root.ts';
import { fakeRoot, real } from '../../fake-root.ts';

const { files } = real;

async function run(fake: FakeRoot, config: Config, applier = bootCommandsApplier, phase: RunPhase = 'boot') {
  const logged: string[] = [];
  const context = applyContext(fake.host, fake.root, phase, config, (line) => logged.push(line));
  const fault = await applier.run(context).then(
    () => '',
    (error: Error) => error.message,
  );
  return { fault, logged };
}

const script = async (fake: FakeRoot, name: string, text: string, mode = 0o755) => {
  await fake.write(`etc/local.d/${name}`, text);
  await files.chmod(join(fake.root, 'etc/local.d', name), mode);
};

test('commands run in order, in the root folder, with what they wrote in the log', async (t) => {
  const fake = await fakeRoot(t);
  const { fault, logged } = await run(fake, {
    boot_cmd: ['echo one > out; pwd', 'echo two >> out; echo to stderr >&2', 'true'],
  });
  t.is(fault, '');
  t.is(await fake.read('out'), 'one\ntwo\n');
  t.deepEqual(logged, [
    `command 1 (echo one > out; pwd): done\n${await files.realPath(fake.root)}`,
    'command 2 (echo two >> out; echo to stderr >&2): done\nto stderr',
    'command 3 (true): done',
  ]);
  t.deepEqual(await files.list(join(fake.root, 'run/bos')), ['boot.json']);
});

const phaseOf = test.macro(async (t, applier: typeof bootCommandsApplier, phase: RunPhase) => {
  const fake = await fakeRoot(t);
  await run(
    fake,
    { init_cmd: ['echo init > out'], boot_cmd: ['echo boot > out'], run_cmd: ['echo run > out'] },
    applier,
    phase,
  );
  t.is(await fake.read('out'), `${applier.name.replace('_cmd', '')}\n`);
});
test('init_cmd', phaseOf, initCommandsApplier, 'initrd');
test('boot_cmd', phaseOf, bootCommandsApplier, 'boot');
test('run_cmd', phaseOf, runCommandsApplier, 'runtime');

test('a failure is reported with the end of its output and stops nothing', async (t) => {
  const fake = await fakeRoot(t);
  const { fault } = await run(fake, {
    boot_cmd: ['seq 1 100; echo why >&2; exit 3', 'no-such-program', 'kill -SEGV $$', 'echo last > out'],
  });
  t.is(await fake.read('out'), 'last\n');
  t.is(
    fault,
    [
      'command 1 (seq 1 100; echo why >&2; exit 3): exit code 3',
      ...[92, 93, 94, 95, 96, 97, 98, 99, 100, 'why'],
      'command 2 (no-such-program): exit code 127',
      '/bin/sh: 1: no-such-program: not found',
      'command 3 (kill -SEGV $$): it was ended by SIGSEGV',
    ].join('; '),
  );
});

test('the environment is clean but for bos.environment', async (t) => {
  const fake = await fakeRoot(t);
  await run(fake, {
    'bos.environment': { http_proxy: 'http://a b', PATH: '/opt/bin:/usr/bin:/bin', '1X': 'x' },
    boot_cmd: ['env > out', 'cat > input'],
  });
  const env = (await fake.read('out')).split('\n');
  t.true(env.includes('http_proxy=http://a b'));
  t.true(env.includes('PATH=/opt/bin:/usr/bin:/bin'));
  t.true(env.includes('HOME=/root'));
  t.false(env.some((line) => /^(npm_|AVA_|NODE_(?!V8_COVERAGE)|1X)/.test(line)));
  t.is(await fake.read('input'), '');
});

test('a process that stays in the background is not waited for, and can go on writing', async (t) => {
  const fake = await fakeRoot(t);
  await fake.host.processes.run('mkfifo', [join(fake.root, 'go')]);
  const { fault } = await run(fake, {
    boot_cmd: ['(read line < go; echo late; echo "$line" > done) & echo started'],
  });
  t.is(fault, '');
  t.false(await files.exists(join(fake.root, 'done')));
  // It waits for this; a broken pipe would have ended it at its echo.
  await files.write(join(fake.root, 'go'), 'alive\n');
  for (let tries = 0; tries < 500 && !(await files.exists(join(fake.root, 'done'))); tries++)
    await real.clock.sleep(10);
  t.is(await fake.read('done'), 'alive\n');
});

test('a command that takes too long is stopped, with its children', async (t) => {
  const fake = await fakeRoot(t);
  const applier = commandsApplier('boot_cmd', 0.3);
  const { fault } = await run(
    fake,
    { boot_cmd: ['sleep 60 & echo $! > child; wait', 'echo next > out'] },
    applier,
  );
  t.is(fault, 'command 1 (sleep 60 & echo $! > child; wait): it took longer than 0.3 s and was stopped');
  t.is(await fake.read('out'), 'next\n');
  const child = (await fake.read('child')).trim();
  const gone = async () =>
    /^State:\s+Z/m.test(await files.readText(`/proc/${child}/status`).catch(() => 'State: Z'));
  for (let tries = 0; tries < 200 && !(await gone()); tries++) await real.clock.sleep(10);
  t.true(await gone());
});

test('a command’s own exit code 124 is its own', async (t) => {
  const fake = await fakeRoot(t);
  t.is((await run(fake, { boot_cmd: ['exit 124'] })).fault, 'command 1 (exit 124): exit code 124');
});

test('of a long output the end is kept, of a long command the beginning is shown', async (t) => {
  const fake = await fakeRoot(t);
  const { logged } = await run(fake, {
    boot_cmd: ['head -c 1000000 /dev/zero | tr "\\0" x; echo; echo end # xxxxxxxxxxxxxxxxxxxx'],
  });
  t.true((logged[0] ?? '').length < 70_000);
  t.regex(logged[0] ?? '', /^command 1 \(head .{55}…\): done\nx+\nend$/);
});

test('scripts in /etc/local.d run by name, before run_cmd and without it', async (t) => {
  const fake = await fakeRoot(t);
  await script(fake, 'b.start', '#!/bin/bash\n[[ -n $BASH ]] && echo b >> "$PWD/out"\n');
  await script(fake, 'a.start', '#!/bin/sh\necho a >> out; echo broken; exit 1\n');
  await script(fake, 'c.start', 'echo c >> out\n');
  await script(fake, 'd.start', '#!/bin/sh\necho d >> out\n', 0o644);
  await script(fake, 'e.stop', '#!/bin/sh\necho e >> out\n');
  t.true(runCommandsApplier.always);
  const { fault, logged } = await run(
    fake,
    { run_cmd: ['echo run_cmd >> out'] },
    runCommandsApplier,
    'runtime',
  );
  t.is(fault, '/etc/local.d/a.start: exit code 1; broken');
  t.is(await fake.read('out'), 'a\nb\nc\nrun_cmd\n');
  t.true(logged.includes('/etc/local.d/d.start is skipped: it is not an executable file'));
  await run(fake, {}, runCommandsApplier, 'runtime');
  t.is(await fake.read('out'), 'a\nb\nc\nrun_cmd\na\nb\nc\n');
});

test('a script whose interpreter is missing is reported', async (t) => {
  const fake = await fakeRoot(t);
  await script(fake, 'a.start', '#!/no/such/interpreter\n');
  const { fault } = await run(fake, {}, runCommandsApplier, 'runtime');
  t.regex(fault, /^\/etc\/local\.d\/a\.start: exit code 127; .*No such file/);
});

test('without folder and commands nothing runs', async (t) => {
  const fake = await fakeRoot(t);
  t.deepEqual(await run(fake, {}, runCommandsApplier, 'runtime'), { fault: '', logged: [] });
  t.deepEqual(fake.ran, []);
});

test('asked to stop: the command that runs is ended with what it started, and none follows', async (t) => {
  const fake = await fakeRoot(t);
  const stop = new AbortController();
  const fifo = join(fake.root, 'begun');
  await real.processes.run('mkfifo', [fifo]);
  // Held open by the process in the background until that ends.
  const config = { run_cmd: ['sh -c "echo begun; exec sleep 600" > begun & wait', 'touch next'] };
  const context = { ...applyContext(fake.host, fake.root, 'runtime', config), signal: stop.signal };
  const ended = t.throwsAsync(runCommandsApplier.run(context));
  const held = createReadStream(fifo);
  await once(held, 'data');
  stop.abort();
  await once(held, 'end');
  await ended;
  t.false(await files.exists(join(fake.root, 'next')));
});
