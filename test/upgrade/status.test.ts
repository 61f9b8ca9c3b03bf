/** What `opsctl status` says of deployments. */
import test from 'ava';
import { upgradeRows } from '../../src/cli/commands/status/upgrade-rows.ts';
import { writeUpgradeRecord } from '../../src/upgrade/record.ts';
import { rollback, upgrade } from '../../src/upgrade/run.ts';
import { upgradeStatus } from '../../src/upgrade/status.ts';
import type { FakeHost } from '../fakes/host.ts';
import { fakeNode, installed, medium, options, request } from './node.ts';

const next = { kernel: '6.1.0-49-amd64', os: '0.2.0' };
const rows = async (host: FakeHost) =>
  upgradeRows(await upgradeStatus(host, '/')).map(([name, value]) => `${name}: ${value}`);

test('a fresh installation', async (t) => {
  t.deepEqual(await rows(fakeNode()), [
    'deployments: 0.1.0 (kernel 6.1.0-40-amd64, without DCP): running, next',
  ]);
});

test('on trial, and given up', async (t) => {
  const host = fakeNode({ files: medium('/medium', next) });
  await upgrade(host, request(), options);
  t.deepEqual(await rows(host), [
    'deployments: 0.1.0 (kernel 6.1.0-40-amd64, without DCP): running, previous',
    ': 0.2.0 (kernel 6.1.0-49-amd64, without DCP): next',
    'on trial: the new version has 3 more starts to prove itself',
    'last upgrade: 0.1.0 to 0.2.0, 2023-11-14 22:13 UTC: not proved yet',
    'reboot required: since 2023-11-14 22:13 UTC: the next start is of 0.2.0: sudo reboot',
  ]);
  await rollback(host, { root: '/', dryRun: false }, options);
  t.deepEqual(await rows(host), [
    'deployments: 0.1.0 (kernel 6.1.0-40-amd64, without DCP): running, next',
    ': 0.2.0 (kernel 6.1.0-49-amd64, without DCP): previous, returned from',
    'last upgrade: 0.2.0 to 0.1.0, 2023-11-14 22:13 UTC: rolled back',
  ]);
});

test('staged', async (t) => {
  const host = fakeNode({ files: medium('/medium', next) });
  await upgrade(host, request({ mode: 'stage' }), options);
  t.true((await rows(host)).includes(': 0.2.0 (kernel 6.1.0-49-amd64, without DCP): staged'));
});

test('proved: what and when, as patch reports ask for it; where GRUB cannot count, that too', async (t) => {
  const host = fakeNode({ versions: next, others: { bos_automatic_return: 'off' } });
  const [from, to] = [
    { ...installed, dcp: null },
    { ...next, dcp: null },
  ];
  await writeUpgradeRecord(host.files, '/', {
    ...{ v: 1, returned: [], proved: [to] },
    last: {
      from,
      to,
      at: '2026-01-02T03:04:05Z',
      source: 'x',
      end: 'proved',
      endedAt: '2026-01-02T03:09:00Z',
    },
  });
  t.deepEqual(await rows(host), [
    'deployments: 0.2.0 (kernel 6.1.0-49-amd64, without DCP): running, next, proved',
    'return: by hand: the boot loader cannot count starts here',
    'last upgrade: 0.1.0 to 0.2.0, 2026-01-02 03:04 UTC: proved',
    'Last Applied Patch Time: 2026-01-02 03:09 UTC',
    'Patched Version: 0.2.0',
  ]);
});

test('what cannot be read is said, and is no failure', async (t) => {
  const host = fakeNode();
  const denied = () =>
    Promise.reject(Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' }));
  Object.assign(host.files, { open: denied });
  t.deepEqual(await rows(host), ['deployments: not known: run it with sudo']);
});

test('a boot loader that did not follow is told, with what to do', async (t) => {
  const host = fakeNode();
  const failed = {
    os: '0.1.0',
    end: 'failed',
    reason: 'the EFI system partition /dev/vda1 is mounted',
  } as const;
  await writeUpgradeRecord(host.files, '/', { v: 1, returned: [], proved: [], loader: failed });
  t.is(
    (await rows(host)).at(-1),
    `boot loader: not updated to that of 0.1.0: ${failed.reason}. \`sudo opsctl upgrade --boot-loader\` tries again`,
  );
  await writeUpgradeRecord(host.files, '/', {
    ...{ v: 1, returned: [], proved: [], loader: { ...failed, os: '0.0.9' } },
  });
  t.is((await rows(host)).length, 1, 'of another version it is no news');
});

test('a version that is staged requires a restart, and says since when', async (t) => {
  const host = fakeNode({ files: medium('/medium', { kernel: '6.1.0-49-amd64', os: '0.1.5' }) });
  await upgrade(host, request({ mode: 'stage' }), options);
  t.is(
    (await rows(host)).find((row) => row.startsWith('reboot required')),
    'reboot required: since 2023-11-14 22:13 UTC: 0.1.5 is staged: sudo opsctl upgrade --commit --reboot',
  );
});

test('the last patch stays known when the next upgrade did not prove itself', async (t) => {
  const host = fakeNode();
  const one = { kernel: 'k', os: '0.1.0', dcp: null };
  await writeUpgradeRecord(host.files, '/', {
    ...{ v: 1, returned: [], proved: [], patched: { os: '0.1.0', at: '2026-01-02T03:09:00Z' } },
    last: {
      from: one,
      to: { ...one, os: '0.2.0' },
      at: '2026-02-02T03:04:05Z',
      source: 'x',
      end: 'returned',
    },
  });
  const found = await rows(host);
  t.true(found.includes('Last Applied Patch Time: 2026-01-02 03:09 UTC'), found.join('\n'));
  t.true(found.includes('Patched Version: 0.1.0'));
});
