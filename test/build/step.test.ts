/** Work that shows as one step: what its end says. */
import test from 'ava';
import { runStep } from '../../src/build/step.ts';
import type { Event } from '../../src/plan/events.ts';
import { fakeHost } from '../fakes/host.ts';

const fails = test.macro({
  exec: async (t, error: Error, message: string) => {
    const events: Event[] = [];
    const context = { host: fakeHost(), emit: (event: Event) => void events.push(event) };
    const step = runStep(context, { name: 'transfer', title: 'Send it' }, () => Promise.reject(error));
    t.is(await t.throwsAsync(step), error);
    t.like(events.at(-1), { type: 'step-end', id: 'transfer', ok: false, message });
  },
  title: (name = '') => `a step ends with ${name}`,
});
test('what went wrong', fails, new Error('the registry is gone'), 'the registry is gone');
test(
  'a word for who stopped it',
  fails,
  new DOMException('This operation was aborted', 'AbortError'),
  'interrupted',
);
