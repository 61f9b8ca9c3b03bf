/** Why a step takes longer is seen by whoever watches, in each of the three ways. */
import { setImmediate } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import { type RendererKind, renderer } from '../../../src/cli/render/index.ts';
import { type Event, event } from '../../../src/plan/events.ts';
import { fakeTerminal } from '../commands/install/fake-world.ts';

const at = { v: 1, at: 1_700_000_000_000 } as const;
const message = 'http://x/bos.iso answered with HTTP status 503; trying again in 1 s (2 of 8)';
const copy = { id: 'copy', title: 'Copy the system' };
const before: readonly Event[] = [
  { ...at, type: 'plan', operation: 'install', steps: [{ ...copy, kind: 'copy', destructive: false }] },
  { ...at, type: 'step-start', ...copy },
];
const note: Event = { ...at, type: 'note', id: 'copy', message };
const ended: Event = { ...at, type: 'step-end', id: 'copy', ok: true, ms: 10 };

const shows = test.macro({
  title: (_, kind: RendererKind) => `a note: ${kind}`,
  exec: async (t, kind: RendererKind) => {
    const terminal = fakeTerminal({ columns: 120 });
    const { emit, end } = renderer(kind, terminal);
    for (const one of before) emit(one);
    // The list is drawn when its library has been loaded.
    const started = () => kind !== 'tty' || terminal.written.err.includes(copy.title);
    while (!started()) await setImmediate();
    emit(note);
    const text = () => stripVTControlCharacters(terminal.written.out + terminal.written.err);
    while (kind === 'tty' && !text().includes('503')) await setImmediate();
    emit(ended);
    await end();
    t.regex(text().replaceAll(/\s+/g, ' '), /HTTP status 503; trying again in 1 s \(2 of 8\)/);
  },
});
test(shows, 'plain');
test(shows, 'json');
test(shows, 'tty');

test('a note is an event as published', (t) => {
  t.deepEqual(event.parse(JSON.parse(JSON.stringify(note))), note);
});
