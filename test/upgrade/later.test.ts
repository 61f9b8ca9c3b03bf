/** Committing at a time. */
import test from 'ava';
import { commitLater, timeOf } from '../../src/upgrade/later.ts';
import { upgrade } from '../../src/upgrade/run.ts';
import { fakeNode, medium, options, request } from './node.ts';

const noon = new Date(2026, 10, 29, 12, 0).getTime();
const minutes = (text: string) => (timeOf(text, noon) - noon) / 60_000;

test('a time of today, of tomorrow, of a day', (t) => {
  t.is(minutes('12:01'), 1);
  t.is(minutes('23:59'), 11 * 60 + 59);
  t.is(minutes('12:00'), 24 * 60);
  t.is(minutes('03:30'), 15 * 60 + 30);
  t.is(minutes('2026-11-30 12:00'), 24 * 60);
  t.is(minutes('2026-11-29T13:00'), 60);
});

test('what is no time, or past', (t) => {
  for (const text of [
    '',
    '24:00',
    '3:30',
    '12:60',
    'noon',
    '2026-11-29 11:59',
    '2026-13-01 12:00',
    '2026-11-30',
  ])
    t.throws(() => timeOf(text, noon), { code: 'time-invalid' }, text);
});

test('systemd is asked once, and only for what could be committed now', async (t) => {
  const host = fakeNode({
    files: medium('/medium', { kernel: '6.1.0-49-amd64', os: '0.2.0' }),
    tools: { 'systemd-run': () => undefined },
  });
  const { source: _, ...commit } = request({ tries: 5 });
  const when = { at: host.clock.now() + 90_000, reboot: true };
  await t.throwsAsync(commitLater(host, commit, when), { code: 'nothing-staged' });
  await upgrade(host, request({ mode: 'stage' }), options);
  t.regex(
    await commitLater(host, commit, when),
    /^0\.2\.0 is committed at .* UTC, and the node restarts then\.$/,
  );
  t.is(
    host.ran.at(-1),
    'systemd-run --unit bos-upgrade-commit --collect --on-active=90s --timer-property=AccuracySec=1s ' +
      'opsctl upgrade --commit --tries 5 --reboot',
  );
  host.tools.set('systemd-run', () => ({ exitCode: 1, stderr: 'Unit already exists' }));
  await t.throwsAsync(commitLater(host, commit, when), { code: 'commit-scheduled' });
});
