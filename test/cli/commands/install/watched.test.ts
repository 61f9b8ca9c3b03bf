/** The installer of the boot menu with somebody before it: what it ends with can be read. */
import test from 'ava';
import type { CommandContext } from '../../../../src/cli/command.ts';
import { watched } from '../../../../src/cli/commands/install/watched.ts';
import { OpsError, refused } from '../../../../src/errors.ts';
import { writeInstallRecord } from '../../../../src/install/record.ts';
import { fakeHost } from '../../../fakes/host.ts';
import { fakeTerminal } from './fake-world.ts';
import { ctrlC, esc, scriptedAsk } from './scripted-ask.ts';

function situation(tty = true) {
  const host = fakeHost({ files: { '/run/bos/boot.json': '{}' } });
  const terminal = fakeTerminal({ stdinIsTty: tty });
  const stop = new AbortController();
  const context = { host, terminal, signal: stop.signal, verbose: false } as unknown as CommandContext;
  return { host, terminal, stop, context };
}
const left = new OpsError('interrupted', 'left', 'You left: nothing was written.');
const wait = [/Press Enter for a login prompt/, ''] as const;

test('what a person left with stays until they press Enter', async (t) => {
  for (const answer of ['', esc, ctrlC]) {
    const { terminal, context } = situation();
    const ask = scriptedAsk([wait[0], answer]);
    t.is(await watched(context, () => Promise.reject(left), ask), 130);
    t.regex(terminal.written.err, /^You left: nothing was written\.\n/);
    t.deepEqual(ask.left, []);
  }
});

test('so does a failure, with its exit code', async (t) => {
  const { terminal, context } = situation();
  t.is(await watched(context, () => Promise.reject(refused('a', 'The disk is gone')), scriptedAsk(wait)), 3);
  t.regex(terminal.written.err, /^error: The disk is gone\n/);
});

test('where nobody can press a key, and after success, nothing waits', async (t) => {
  const { context } = situation(false);
  t.is(await t.throwsAsync(watched(context, () => Promise.reject(left), scriptedAsk())), left);
  t.is(await watched(situation().context, async () => 0, scriptedAsk()), 0);
});

test('the machine was installed on another console: said, and no failure', async (t) => {
  const { host, terminal, stop, context } = situation();
  await writeInstallRecord(host.files, {
    ...{ v: 1, ok: true, exitCode: 0, message: 'Bhojpur OS 0.1.0 is installed on /dev/vda.' },
  });
  stop.abort();
  t.is(await watched(context, () => Promise.reject(new Error('AbortPromptError')), scriptedAsk()), 0);
  t.is(
    terminal.written.err,
    '\nBhojpur OS 0.1.0 is installed on /dev/vda. That was done on another console; nothing more is needed here.\n',
  );
});

test('stopped for another reason: as ever', async (t) => {
  const { stop, context } = situation();
  stop.abort();
  t.is(await t.throwsAsync(watched(context, () => Promise.reject(left), scriptedAsk())), left);
});
