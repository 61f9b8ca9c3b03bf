/** What the login prompt says of an upgrade that was returned from. */
import { dirname } from 'node:path';
import test from 'ava';
import { promptNoticePaths } from '../../../src/runtime/status/prompt-notice.ts';
import { noticeOf, showNotice } from '../../../src/runtime/trial/notice.ts';
import { type UpgradeRecord, upgradeRecordPath } from '../../../src/upgrade/record.ts';
import { lineOf } from '../../fakes/effects.ts';
import { fakeHost } from '../../fakes/host.ts';

const noticePaths = promptNoticePaths('bos-upgrade');
const older = { kernel: '6.1.1', os: '1.0.0', dcp: null };
const newer = { kernel: '6.1.2', os: '2.0.0', dcp: null };
const record = (end: NonNullable<UpgradeRecord['last']>['end']): UpgradeRecord => ({
  ...{ v: 1, returned: [], proved: [] },
  last: { from: older, to: newer, at: '2026-01-01T00:00:00Z', source: 'x', end },
});
const line = 'Upgrade:   2.0.0 did not prove itself, this is 1.0.0 again: sudo opsctl status\n\n';

test('only of one that was returned from, in the version that it was returned to', (t) => {
  t.is(noticeOf(record('returned'), older), line);
  t.is(noticeOf(record('returned'), newer), undefined);
  for (const end of ['pending', 'proved', 'rolled-back'] as const)
    t.is(noticeOf(record(end), older), undefined);
  t.is(noticeOf({ v: 1, returned: [newer], proved: [] }, older), undefined);
  t.true(line.trim().length <= 80, 'it fits on a screen');
});

async function shown(end: NonNullable<UpgradeRecord['last']>['end'] | undefined, text?: string) {
  const reloaded: (readonly string[])[] = [];
  const host = fakeHost({
    files: {
      '/run/bos/boot.json': JSON.stringify({ mode: 'disk', ...older, dcp: '' }),
      [noticePaths[0]]: 'of an earlier look',
      ...(end === undefined ? {} : { [upgradeRecordPath]: text ?? JSON.stringify(record(end)) }),
    },
    tools: {
      agetty: (args) => {
        reloaded.push(args);
        return undefined;
      },
    },
  });
  const said: string[] = [];
  await showNotice(host, '/', (words) => said.push(words));
  const read = async (path: string) =>
    (await host.files.exists(path)) ? host.files.readText(path) : undefined;
  return { issue: await read(noticePaths[0]), motd: await read(noticePaths[1]), said, reloaded, host };
}

test('above the prompt and after logging in, readable by all; the prompts are written again', async (t) => {
  const { issue, motd, reloaded, host } = await shown('returned');
  t.deepEqual([issue, motd, reloaded], [line, line, [['--reload']]]);
  for (const path of noticePaths) t.is(((await host.files.stat(path))?.mode ?? 0) & 0o777, 0o644);
  // A prompt that is written again before the notice is there would show nothing.
  const order = host.effects.map(lineOf).filter((line) => /^(mkdir|replace|run)/.test(line));
  t.deepEqual(order, [
    ...noticePaths.flatMap((path) => [`mkdir ${dirname(path)}`, `replace ${path} 0644`]),
    'run agetty --reload',
  ]);
});

test('it goes with the next upgrade, and where there was none nothing is written', async (t) => {
  for (const end of ['pending', undefined] as const) {
    const { issue, motd, reloaded, said } = await shown(end);
    t.deepEqual([issue, motd, reloaded, said], [undefined, undefined, [], []]);
  }
});

test('a record that cannot be read is said', async (t) => {
  const { said } = await shown('returned', '{');
  t.regex(said.join(), /^what became of the last upgrade cannot be shown: /);
});
