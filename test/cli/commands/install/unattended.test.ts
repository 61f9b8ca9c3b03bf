/** An installation that nobody answers: every console shows it, and what comes later says how it ended. */
import test from 'ava';
import type { CommandContext } from '../../../../src/cli/command.ts';
import { unattended } from '../../../../src/cli/commands/install/unattended.ts';
import { refused } from '../../../../src/errors.ts';
import { readInstallRecord } from '../../../../src/install/record.ts';
import { fakeHost } from '../../../fakes/host.ts';
import { fakeTerminal } from './fake-world.ts';

const machine = (active: string, cmdline = 'bos.mode=install bos.install.silent') => {
  const host = fakeHost({
    files: {
      '/run/bos/boot.json': '{}',
      '/proc/cmdline': `${cmdline}\n`,
      '/sys/class/tty/console/active': `${active}\n`,
      ...Object.fromEntries(active.split(' ').map((name) => [`/dev/${name}`, ''])),
    },
  });
  const terminal = fakeTerminal({ columns: 80 });
  const context = {
    host,
    terminal,
    signal: new AbortController().signal,
    verbose: false,
  } as unknown as CommandContext;
  return { host, terminal, context };
};
const full = refused('disk-too-small', 'The disk C:\\x is too small', {
  details: ['it has 1 GB'],
  hint: 'Name another disk.',
});

test('each line, and what failed, on every console; later at the prompt, after logging in, in the status', async (t) => {
  const { host, terminal, context } = machine('tty0 ttyS1 ttyS0');
  const work = async (seen: CommandContext) => {
    seen.terminal.err('Checking\n');
    seen.terminal.out('Done\n');
    t.false(seen.terminal.stderrIsTty);
    throw full;
  };
  t.is(await t.throwsAsync(unattended(context, work)), full);
  t.deepEqual(
    terminal.written,
    { err: 'Checking\n', out: 'Done\n' },
    'the error itself is told where all are',
  );
  for (const name of ['tty0', 'ttyS1']) {
    const text = await host.files.readText(`/dev/${name}`);
    t.regex(
      text,
      /^Checking\nDone\nerror: The disk C:\\x is too small\n {2}it has 1 GB\nhint: Name another disk\.\n$/,
    );
  }
  t.is(await host.files.readText('/dev/ttyS0'), '', 'the last console is this one');
  const motd = await host.files.readText('/run/motd.d/bos-install');
  t.is(
    motd,
    '\nThe unattended installation failed: The disk C:\\x is too small\n  it has 1 GB\nName another disk.\n' +
      'What was done: sudo less /var/log/bos/install.log\n\n',
  );
  t.is(await host.files.readText('/run/issue.d/bos-install.issue'), motd.replace('\\', '\\\\'));
  t.deepEqual(await readInstallRecord(host.files), {
    ...{ v: 1, ok: false, exitCode: 3, message: 'The disk C:\\x is too small' },
    ...{ details: ['it has 1 GB'], hint: 'Name another disk.' },
  });
});

test('one that ends well says what comes next', async (t) => {
  const { host, context } = machine('ttyS0 tty0');
  t.is(await unattended(context, async () => 0), 0);
  t.regex(await host.files.readText('/run/motd.d/bos-install'), /complete: remove the medium/);
  t.like(await readInstallRecord(host.files), { ok: true });
});

test('a console that takes nothing, or none at all, is no reason to stop', async (t) => {
  const { host, context } = machine('tty0 ttyS0');
  const files = { ...host.files, append: () => Promise.reject(new Error('EIO')) };
  const work = async (seen: CommandContext) => {
    seen.terminal.out('a\n');
    return 0;
  };
  t.is(await unattended({ ...context, host: { ...host, files } }, work), 0);
  const bare = fakeHost({ files: { '/proc/cmdline': 'bos.install.silent' } });
  t.is(await unattended({ ...context, host: bare }, work), 0);
});

test('a fault elsewhere on the command line is told everywhere too', async (t) => {
  const { host, context } = machine(
    'tty0 ttyS0',
    'bos.install.silent bos.install.tty= bos.install.debug=maybe',
  );
  await t.throwsAsync(unattended(context, async () => Promise.reject(full)));
  t.regex(await host.files.readText('/dev/tty0'), /too small/);
});

test('one that asks has its own console, and leaves nothing', async (t) => {
  const { host, context } = machine('tty0 ttyS0', 'bos.mode=install');
  await t.throwsAsync(unattended(context, async () => Promise.reject(full)));
  t.is(await host.files.readText('/dev/tty0'), '');
  t.is(await readInstallRecord(host.files), undefined);
});
