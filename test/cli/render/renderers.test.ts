/** The three readers of the same events. */

import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import type { Terminal } from '../../../src/cli/command.ts';
import { type RendererKind, renderer, rendererKind } from '../../../src/cli/render/index.ts';
import type { Event } from '../../../src/plan/events.ts';
import { fakeTerminal } from '../commands/install/fake-world.ts';
import { readEvents } from '../read-events.ts';
import { failed, successful, unplanned } from './events.ts';

async function shown(kind: RendererKind, events: readonly Event[], options: Partial<Terminal> = {}) {
  const terminal = fakeTerminal(options);
  const { emit, end } = renderer(kind, terminal);
  for (const one of events) emit(one);
  await end();
  return terminal.written;
}

/** Durations and rates depend on the recording, not on the renderer: they have tests of their own. */
const timeless = (text: string) =>
  text.replaceAll(/done in .*/g, 'done in TIME').replaceAll(/, [\d.]+ [kMG]?B\/s(, .* left)?/g, ', RATE');

test('plain: success', async (t) => {
  const { out, err } = await shown('plain', successful);
  t.is(out, '');
  t.snapshot(timeless(err));
});

test('plain: failure', async (t) => {
  t.snapshot(timeless((await shown('plain', failed)).err));
});

for (const kind of ['plain', 'tty'] as const)
  test(`${kind}: a warning of a step that succeeds`, async (t) => {
    const events = successful.map(
      (one): Event =>
        one.type === 'step-end' && one.id === 'copy' ? { ...one, message: 'slower than it should be' } : one,
    );
    const { err } = await shown(kind, events);
    t.regex(stripVTControlCharacters(err).replaceAll(/\s+/g, ' '), /warning: slower than it should be/);
  });

test('plain: without a plan', async (t) => {
  t.snapshot((await shown('plain', unplanned)).err);
});

test('plain: few lines, 80 columns, no control characters', async (t) => {
  const many = Array.from({ length: 1000 }, (_, done): Event => {
    return { v: 1, at: done * 60, type: 'progress', id: 'a', done, total: 1000, unit: 'items' };
  });
  const start: Event = { v: 1, at: 0, type: 'step-start', id: 'a', title: 'word '.repeat(50).trim() };
  const { err } = await shown('plain', [start, ...many]);
  const lines = err.trimEnd().split('\n');
  t.true(lines.length > 10 && lines.length < 20, `${lines.length} lines`);
  t.deepEqual(
    lines.filter((line) => line.length > 80 || line !== stripVTControlCharacters(line)),
    [],
  );
});

test('json: the events, one a line, and nothing else', async (t) => {
  const { out, err } = await shown('json', successful);
  t.is(err, '');
  t.deepEqual(readEvents(out), [...successful]);
  const untimed = out.replaceAll(/"at":\d+/g, '"at":0').replaceAll(/"ms":\d+/g, '"ms":0');
  t.snapshot(untimed);
});

test('tty: every step with its own sign, the long title within the columns', async (t) => {
  const { out, err } = await shown('tty', successful, { stderrIsTty: true });
  t.is(out, '');
  const last = finalFrame(err);
  t.regex(last, /✔ Partition \/dev\/vda\n/);
  t.regex(last, /✔ Copy the system[^✔]*\n/);
  t.regex(last, /✔ Mark the installation valid\n/);
  t.regex(last, /Installed on \/dev\/vda\.\n$/);
  t.deepEqual(
    last.split('\n').filter((line) => line.length > 80),
    [],
  );
  t.true(err.includes('\x1b[?25h'), 'the cursor is shown again');
});

test('tty: a failed step and those that never ran differ without colour', async (t) => {
  const last = finalFrame((await shown('tty', failed, { stderrIsTty: true })).err);
  t.regex(last, /✔ Partition/);
  t.regex(last, /✖ Copy/);
  t.notRegex(last, /[✔✖] Mark/);
  t.regex(last, /Mark/);
  t.notRegex(last, /no space left/, 'the reason is printed where the exit code is chosen');
});

test('tty: nothing is drawn for a plan that never starts', async (t) => {
  t.is((await shown('tty', successful.slice(0, 1), { stderrIsTty: true })).err, '');
});

test('tty: steps that no plan announced are plain lines', async (t) => {
  t.is((await shown('tty', unplanned)).err, (await shown('plain', unplanned)).err);
});

test('tty: no colours where the terminal has none', async (t) => {
  const { err } = await shown('tty', successful, { stderrIsTty: true, color: false });
  // SGR sequences end in m; cursor movements do not.
  t.false(/\[\d+(;\d+)*m/.test(err.replaceAll('\x1b', '')));
});

test('tty: percentages, rate and time left while a step runs', async (t) => {
  const terminal = fakeTerminal({ stderrIsTty: true });
  const { emit, end } = renderer('tty', terminal);
  const begun = successful.slice(0, 9);
  for (const one of begun.slice(0, 4)) emit(one);
  await drawn(terminal, /Copy/);
  for (const one of begun.slice(4)) emit(one);
  await drawn(terminal, /23 % {2}46 MB of 200 MB, 7\.5 MB\/s, 21 s left/);
  await end();
  t.pass();
});

const kinds = test.macro({
  exec: (t, stderrIsTty: boolean, term: string | undefined, options: object, kind: RendererKind) => {
    t.is(rendererKind({ stderrIsTty }, term === undefined ? {} : { TERM: term }, options), kind);
  },
  title: (name = '') => `kind: ${name}`,
});
test('a terminal', kinds, true, 'xterm-256color', {}, 'tty');
test('the console of a PC', kinds, true, 'linux', {}, 'tty');
test('a serial console', kinds, true, 'vt220', {}, 'plain');
test('an unknown terminal', kinds, true, undefined, {}, 'plain');
test('dumb', kinds, true, 'dumb', {}, 'plain');
test('a pipe', kinds, false, 'xterm', {}, 'plain');
test('verbose', kinds, true, 'xterm', { verbose: true }, 'plain');
test('--json', kinds, true, 'xterm', { json: true, verbose: true }, 'json');

/** What stays on the screen: listr2 clears its list and prints it once more at the end. */
function finalFrame(written: string): string {
  const frames = written.split('\x1b[?2026l');
  return stripVTControlCharacters(frames.at(-1) ?? '');
}

/** Resolves when the terminal was drawn to with such a text; ava's own limit ends a wait in vain. */
function drawn(terminal: { readonly written: { err: string } }, text: RegExp): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (text.test(stripVTControlCharacters(terminal.written.err))) resolve();
      else setImmediate(look);
    };
    look();
  });
}
