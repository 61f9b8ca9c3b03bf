/** bos.patch: timers that are made, changed and taken away, and started only when they are other ones than before. */
import test from 'ava';
import type { Config } from '../../../src/config/config.ts';
import { applyContext } from '../../../src/runtime/appliers/applier.ts';
import { patchApplier } from '../../../src/runtime/appliers/patch.ts';
import { lineOf } from '../../fakes/effects.ts';
import { fakeHost } from '../../fakes/host.ts';

function node(state = '/dev/vda3') {
  const host = fakeHost({
    files: {
      '/run/bos/boot.json': JSON.stringify({ v: 1, mode: 'disk', state, kernel: 'k', os: '0.1.0', dcp: '' }),
    },
    tools: { systemctl: () => undefined },
  });
  return {
    host,
    apply: (config: Config, phase: 'boot' | 'runtime' = 'runtime') =>
      patchApplier.run(applyContext(host, '/', phase, config)),
    units: () => Object.keys(host.tree('/run/systemd/system')),
  };
}

const weekly: Config = { 'bos.patch.schedule': '@weekly', 'bos.patch.on_boot': true };

test('made once, changed, taken away', async (t) => {
  const { host, apply, units } = node();
  await apply({});
  t.deepEqual(host.ran, [], 'nothing to do costs nothing');
  await apply(weekly);
  t.deepEqual(units(), ['bos-patch-boot.timer', 'bos-patch-schedule.timer']);
  const started = [
    'systemctl daemon-reload',
    'systemctl restart bos-patch-boot.timer bos-patch-schedule.timer',
  ];
  t.deepEqual(host.ran, started);
  t.deepEqual(
    host.effects.map(lineOf).filter((line) => /^(mkdir|create|replace)/.test(line)),
    ['boot', 'schedule'].flatMap((name) => [
      'mkdir /run/systemd/system',
      `replace /run/systemd/system/bos-patch-${name}.timer 0644`,
    ]),
  );
  await apply(weekly);
  t.deepEqual(host.ran, started, 'the second time nothing is started');
  await apply({ ...weekly, 'bos.patch.schedule': '@monthly' });
  t.deepEqual(host.ran.slice(2), ['systemctl daemon-reload', 'systemctl restart bos-patch-schedule.timer']);
  await apply({});
  t.deepEqual(units(), []);
  t.deepEqual(host.ran.slice(4), [
    ...['systemctl stop bos-patch-boot.timer bos-patch-schedule.timer', 'systemctl daemon-reload'],
  ]);
});

test('a live system has nothing to patch, and no phase before the runtime phase starts anything', async (t) => {
  const live = node('');
  await live.apply(weekly);
  t.deepEqual(live.units(), []);
  const early = node();
  await early.apply(weekly, 'boot');
  t.deepEqual(early.host.ran, []);
});

test('a schedule that never meets the window of another file is said', async (t) => {
  const { apply } = node();
  await t.throwsAsync(apply({ 'bos.patch.schedule': '0 3 * * mon', 'bos.patch.window': 'sat 02:00-05:00' }), {
    message: /^bos\.patch\.schedule is never due while bos\.patch\.window is open/,
  });
});
