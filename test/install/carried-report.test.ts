/** What reports is taken along to the disk, for root alone, and an installation never fails because of it. */
import test from 'ava';
import { carriedReport, reportInstalled, writeReport } from '../../src/install/carried-report.ts';
import { planInstall } from '../../src/install/plan.ts';
import type { PlanInput } from '../../src/install/plan-input.ts';
import { renderReportFile } from '../../src/operation/announce/report-file.ts';
import { fakeHost } from '../fakes/host.ts';
import { disk, planInput } from './fixtures.ts';

const secret = 'cd'.repeat(32);
const file = renderReportFile({
  url: 'http://10.0.2.2:8080/report/node1',
  machine: 'node1',
  secret,
  fingerprint: null,
});
const path = '/bos/system/report.json';

test('one step, with mode 0600, and no secret in the plan', async (t) => {
  const host = fakeHost({ files: { [path]: file } });
  const steps = writeReport('mount:state', await carriedReport(host, 'live'));
  t.like(steps[0], { kind: 'write-file', path: 'bos/system/report.json', mode: 0o600, at: 'mount:state' });
  t.is(steps.length, 1);
  t.false(JSON.stringify(steps).includes(secret));
});

test('nothing without it, over another Linux, and of one that is damaged', async (t) => {
  t.deepEqual(writeReport('mount:state', await carriedReport(fakeHost(), 'live')), []);
  t.is(await carriedReport(fakeHost({ files: { [path]: file } }), 'other'), undefined);
  t.is(await carriedReport(fakeHost({ files: { [path]: '{' } }), 'live'), undefined);
});

test('a server that does not answer holds the restart up for 20 s at most', async (t) => {
  const host = fakeHost({
    files: { [path]: file, '/proc/sys/kernel/random/boot_id': 'x\n' },
    open: () => Promise.reject(new Error('nobody there')),
  });
  const began = host.clock.monotonic();
  const lines: string[] = [];
  await reportInstalled(host, 'live', (line) => void lines.push(line));
  t.true(host.clock.monotonic() - began <= 20_000);
  t.regex(lines.at(-1) ?? '', /gave up$/);
  // Without a boot id there is nothing to send; the installation has come to its end all the same.
  await reportInstalled(fakeHost({ files: { [path]: file } }), 'live', () => {});
});

test('in every plan that has it: once, and before the manifest that makes the system whole', (t) => {
  const report = { path, size: file.length, sha256: 'ab'.repeat(32) };
  const idsOf = (more: Partial<PlanInput>) => planInstall(planInput(more)).steps.map(({ id }) => id);
  for (const more of [{}, { varDisk: disk({ path: '/dev/vdb' }) }]) {
    const ids = idsOf({ ...more, report });
    t.is(ids.filter((id) => id === 'write-report').length, 1);
    t.true(ids.indexOf('write-report') > ids.indexOf('write-config'));
    t.true(ids.indexOf('write-report') < ids.indexOf('write-manifest'));
    t.deepEqual(
      ids.filter((id) => id !== 'write-report'),
      idsOf(more),
    );
  }
});
