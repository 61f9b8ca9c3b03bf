/** What the phases leave behind for `opsctl status`. */
import { join } from 'node:path';
import test from 'ava';
import type { Applier, RunPhase } from '../../../src/runtime/appliers/applier.ts';
import { applier } from '../../../src/runtime/appliers/applier.ts';
import { runPhases } from '../../../src/runtime/phases/phases.ts';
import {
  type ConfigStatus,
  configStatusPath,
  formatFault,
  readConfigStatus,
  recordPhases,
} from '../../../src/runtime/status/config-status.ts';
import { type FakeRoot, fakeRoot, real } from '../fake-root.ts';

async function run(fake: FakeRoot, phases: readonly RunPhase[], appliers: readonly Applier[]) {
  const lines: string[] = [];
  await runPhases(fake.host, { phases, root: fake.root, appliers, print: (line) => lines.push(line) });
  return { lines, status: await readConfigStatus(fake.host, fake.root) };
}

const hostname = applier({ key: 'hostname', apply: async () => {} });
const brokenModules = applier({
  key: 'bos.modules',
  apply: ({ config }) => Promise.reject(new Error(`no module for ${config['bos.password']}`)),
});

test('both processes of a boot end up in one record, each phase with its faults', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('proc/cmdline', 'hostname=a bos.modules=x bos.password=hunter2 bos.hostnam=b');
  const early = await run(fake, ['initrd', 'boot'], [hostname, brokenModules]);
  t.deepEqual(Object.keys(early.status.phases), ['initrd', 'boot']);
  await fake.write('proc/cmdline', 'hostname=a');
  const { status } = await run(fake, ['runtime'], [hostname, brokenModules]);
  t.deepEqual(Object.keys(status.phases), ['initrd', 'boot', 'runtime']);
  const { initrd, boot, runtime } = status.phases;
  t.like(initrd, { applied: 1, failed: 1 });
  t.deepEqual(initrd?.faults, [
    {
      severity: 'warning',
      kind: 'source',
      place: { file: 'kernel command line', line: 1, column: 47 },
      key: 'bos.hostnam',
      message: 'is not a key; did you mean hostname?',
    },
    { severity: 'error', kind: 'action', key: 'bos.modules', message: 'no module for (hidden)' },
  ]);
  // The parts of the identity count as well.
  t.true((boot?.applied ?? 0) > 1);
  t.deepEqual(boot?.faults, initrd?.faults);
  t.like(runtime, { applied: 1, failed: 0, faults: [] });
  t.regex(runtime?.at ?? '', /^\d{4}-\d\d-\d\dT/);
  t.true((runtime?.durationMs ?? -1) >= 0);
  t.is(await fake.mode(configStatusPath), '644');
  t.deepEqual(
    (await real.files.list(join(fake.root, 'run/bos'))).filter((name) => name.includes('config-status')),
    ['config-status.json'],
  );
});

test('a phase that is run again replaces what it said', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('proc/cmdline', 'bos.modules=x');
  t.is((await run(fake, ['runtime'], [brokenModules])).status.phases.runtime?.failed, 1);
  await fake.write('proc/cmdline', '');
  t.like((await run(fake, ['runtime'], [brokenModules])).status.phases.runtime, { failed: 0, faults: [] });
});

test('a record that cannot be written is said and stops nothing', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write(`${configStatusPath}/a-folder`, '');
  await fake.write('proc/cmdline', 'hostname=a');
  const { lines, status } = await run(fake, ['initrd', 'runtime'], [hostname]);
  t.is(lines.length, 2);
  for (const line of lines) t.regex(line, /^bos: \/run\/bos\/config-status\.json cannot be written: /);
  t.deepEqual(status, { v: 1, phases: {} });
});

test('a fault that names a secret is told once, too: it is known by what was told', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('proc/cmdline', 'bos.environment[hunter2pw!]=1 bos.password=hunter2pw');
  const told = ({ lines }: { readonly lines: readonly string[] }) =>
    lines.filter((line) => line.includes('kernel command line'));
  const [first = ''] = told(await run(fake, ['initrd', 'boot'], [hostname]));
  t.regex(first, /\(hidden\)/);
  t.deepEqual(told(await run(fake, ['runtime'], [hostname])), []);
});

const unusable = test.macro(async (t, text: string) => {
  const fake = await fakeRoot(t);
  await fake.write(configStatusPath, text);
  t.deepEqual(await readConfigStatus(fake.host, fake.root), { v: 1, phases: {} });
  const boot = { at: '2026-01-01T00:00:00.000Z', durationMs: 1, applied: 0, failed: 0, faults: [] };
  await recordPhases(fake.host, fake.root, { boot });
  t.deepEqual(await readConfigStatus(fake.host, fake.root), { v: 1, phases: { boot } } as ConfigStatus);
});
test('a record that was cut short is written anew', unusable, '{"v":1,"phas');
test('a record of another version is written anew', unusable, '{"v":2,"phases":{}}');
test('a record that is no object is written anew', unusable, 'null');

test('what an applier has to say goes into the log and is no fault', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('proc/cmdline', 'hostname=a bos.password=hunter2');
  const talking = applier({ key: 'hostname', apply: async (context) => context.log?.('hello hunter2') });
  const { lines, status } = await run(fake, ['runtime'], [talking]);
  t.deepEqual(lines, []);
  t.deepEqual(status.phases.runtime?.faults, []);
  const log = (await fake.read('var/log/bos/config.log')).trimEnd().split('\n');
  t.like(JSON.parse(log[0] ?? ''), {
    level: 'info',
    phase: 'runtime',
    key: 'hostname',
    message: 'hello (hidden)',
  });
});

test('faults as lines', (t) => {
  const place = { file: '/a.yaml', line: 1, column: 2 };
  const rows = [
    [{ severity: 'error', kind: 'source', place, key: 'hostname', message: 'm' }, '/a.yaml:1:2: hostname: m'],
    [{ severity: 'warning', kind: 'source', place, message: 'm' }, '/a.yaml:1:2: warning: m'],
    [{ severity: 'error', kind: 'action', key: 'bos.wifi', message: 'm' }, 'bos.wifi: m'],
  ] as const;
  for (const [fault, line] of rows) t.is(formatFault(fault), line);
});

test('user and query of a URL are in no log, no status and on no console', async (t) => {
  const fake = await fakeRoot(t);
  const url = 'https://me:hunter2pw@example.com/keys?token=hunter2pw';
  await fake.write('proc/cmdline', `hostname=a ssh_authorized_keys=${url} bos.password:hunter2pw=x`);
  const failing = applier({
    key: 'hostname',
    apply: () => Promise.reject(new Error(`${url} cannot be reached, nor http://hunter2pw@b?hunter2pw`)),
  });
  const { lines, status } = await run(fake, ['initrd', 'boot'], [failing]);
  t.true(lines.join().includes('example.com/keys?(hidden)'));
  const log = await real.files.readText(join(fake.root, 'var/log/bos/config.log'));
  for (const text of [lines.join(), JSON.stringify(status), log]) t.notRegex(text, /hunter2pw/);
});
