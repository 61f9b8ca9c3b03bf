/** Hold and window, requests that patch once, and the timers that systemd gets. */
import test from 'ava';
import { patchSettings } from '../../src/config/patch/settings.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { refusal } from '../../src/patch/permission.ts';
import { patchRecordPath, readPatchRecord, rememberRequest } from '../../src/patch/record.ts';
import { requestedPatch, requestOf } from '../../src/patch/request.ts';
import { timers } from '../../src/runtime/patch-timers.ts';
import { lineOf } from '../fakes/effects.ts';
import { fakeHost } from '../fakes/host.ts';

/** A Sunday. */
const now = Date.parse('2026-11-29T03:00:00Z');

test('hold: for good, until a time, and not any more', (t) => {
  const code = (hold: string, passWindow = false) =>
    refusal(patchSettings({ 'bos.patch.hold': hold }), now, passWindow)?.code;
  t.is(code('true'), 'patch-held');
  t.is(code('true', true), 'patch-held', 'nothing passes a hold');
  t.is(code('2026-11-29T03:00:01Z'), 'patch-held');
  t.is(code('2026-11-29T04:00:00+01:00'), undefined);
  t.is(code('false'), undefined);
  t.is(refusal(patchSettings({}), now, false), undefined);
});

test('a window: open, closed, passed', (t) => {
  const settings = (window: string) =>
    patchSettings({ 'bos.patch.window': window, 'bos.patch.time_zone': 'Europe/Berlin' });
  t.is(refusal(settings('sun 04:00-05:00'), now, false), undefined);
  t.is(refusal(settings('sun 02:00-05:00 UTC'), now, false), undefined);
  const closed = refusal(settings('sun 02:00-03:00'), now, false);
  t.like(closed, { code: 'window-closed', kind: 'refused' });
  t.deepEqual(closed?.details, ['bos.patch.window: sun 02:00-03:00 Europe/Berlin']);
  t.regex(closed?.hint ?? '', /--now/);
  t.is(refusal(settings('sun 02:00-03:00'), now, true), undefined);
});

test('a request: now, at a time, none, one that was done, one that nobody understands', (t) => {
  t.deepEqual(requestOf('now', undefined, now), { kind: 'due', value: 'now' });
  t.deepEqual(requestOf(' now ', 'now', now), { kind: 'none' });
  t.deepEqual(requestOf('now', '2026-11-29T03:00:00Z', now), { kind: 'due', value: 'now' });
  t.deepEqual(requestOf('2026-11-29T03:00:00Z', undefined, now), {
    kind: 'due',
    value: '2026-11-29T03:00:00Z',
  });
  t.like(requestOf('2026-11-29T03:00:01Z', undefined, now), { kind: 'later', at: now + 1000 });
  t.deepEqual(requestOf('soon', undefined, now), { kind: 'invalid', value: 'soon' });
  t.deepEqual(requestOf(undefined, 'now', now), { kind: 'none' });
  t.deepEqual(requestOf('', undefined, now), { kind: 'none' });
  t.deepEqual(requestedPatch({ 'bhojpur.net/patch': 'now' }, {}, now), { kind: 'due', value: 'now' });
  t.deepEqual(requestedPatch({ 'bhojpur.net/patch': 'now' }, { annotation: 'now' }, now), { kind: 'none' });
});

test('what was done is remembered, written as a whole, and forgotten when it is taken away', async (t) => {
  const host = fakeHost();
  t.deepEqual(await readPatchRecord(host.files), { v: 1 });
  await rememberRequest(host.files, 'annotation', 'now');
  await rememberRequest(host.files, 'after', '2026-12-01T00:00:00Z');
  t.deepEqual(await readPatchRecord(host.files), { v: 1, annotation: 'now', after: '2026-12-01T00:00:00Z' });
  t.true(host.effects.map(lineOf).includes(`replace ${patchRecordPath} 0644`));
  await rememberRequest(host.files, 'annotation', undefined);
  t.deepEqual(await readPatchRecord(host.files), { v: 1, after: '2026-12-01T00:00:00Z' });
  await host.files.write(patchRecordPath, 'not JSON');
  t.deepEqual(await readPatchRecord(host.files), { v: 1 });
});

const made = (config: Parameters<typeof patchSettings>[0]) =>
  Object.fromEntries(
    [...timers(patchSettings(config), now)].map(([trigger, text]) => [
      trigger,
      /\[Timer\]\n([\s\S]*)/.exec(text)?.[1]?.trim().split('\n'),
    ]),
  );

test('timers: each for its trigger, and none without a key', (t) => {
  t.deepEqual(made({}), {});
  t.deepEqual(made({ 'bos.patch.on_boot': true, 'bos.patch.jitter': '90s' }), {
    boot: ['OnBootSec=60s', 'RandomizedDelaySec=90s', 'AccuracySec=30s', 'Unit=bos-patch@boot.service'],
  });
  t.deepEqual(made({ 'bos.patch.schedule': '30 2 13 * sun', 'bos.patch.time_zone': 'Europe/Berlin' }), {
    schedule: [
      'OnCalendar=*-*-13 02:30:00 Europe/Berlin',
      'OnCalendar=Sun *-*-* 02:30:00 Europe/Berlin',
      ...['Persistent=true', 'AccuracySec=30s', 'Unit=bos-patch@schedule.service'],
    ],
  });
  t.deepEqual(made({ 'bos.patch.schedule': '@every 1h30m' }).schedule?.slice(0, 2), [
    'OnBootSec=5400s',
    'OnUnitActiveSec=5400s',
  ]);
  t.is(
    made({ 'bos.patch.after': '2026-12-01T03:30:00+01:00' }).after?.[0],
    'OnCalendar=2026-12-01 02:30:00 UTC',
  );
  t.is(made({ 'bos.patch.after': '2026-11-01T03:30:00Z' }).after?.[0], 'OnBootSec=60s', 'past: at once');
});

test('systemd takes each of them', async (t) => {
  const { processes, files } = linuxHost();
  if ((await processes.which('systemd-analyze')) === undefined) return t.pass('there is no systemd here');
  const folder = await files.makeTempDir('bos-timers-');
  t.teardown(() => files.remove(folder));
  const configs = [
    { 'bos.patch.on_boot': true, 'bos.patch.schedule': '*/5 0-4 1-7 * sun', 'bos.patch.jitter': '1h' },
    { 'bos.patch.schedule': '@every 36h', 'bos.patch.after': '2026-12-01T03:30:00Z' },
  ] as const;
  const units: string[] = [];
  for (const [index, config] of configs.entries())
    for (const [trigger, text] of timers(patchSettings(config), now)) {
      const path = `${folder}/t${index}-${trigger}.timer`;
      await files.write(path, text.replace('bos-patch@', `t${index}@`));
      await files.write(`${folder}/t${index}@.service`, '[Service]\nExecStart=/bin/true\n');
      units.push(path);
    }
  t.is(units.length, 4);
  const { stderr } = await processes.run('systemd-analyze', ['verify', '--man=no', ...units], {
    okCodes: [0, 1],
  });
  t.notRegex(stderr, /t\d.*(Failed to parse|Unknown|invalid)/i, stderr);
});
