/** What `config validate` says of bos.patch: each value, and a schedule that no window lets through. */
import test from 'ava';
import { patchTimeFaults } from '../../../src/config/checks/patch/times.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';

const now = Date.parse('2026-11-29T00:00:00Z');

function faultsOf(text: string): string[] {
  const { layer, diagnostics } = parseConfigYaml(Buffer.from(`bos: {patch: {${text}}}\n`), 'c.yaml');
  return [...diagnostics, ...patchTimeFaults(layer, now)].map(
    ({ severity, key, message }) => `${severity} ${key}: ${message}`,
  );
}

const accepted = test.macro({
  title: (_, text: string) => `valid: ${text}`,
  exec: (t, text: string) => t.deepEqual(faultsOf(text), []),
});
test(accepted, 'on_boot: true, reboot_if_required: true, hold: true');
test(accepted, 'hold: 2026-12-24T00:00:00Z, after: 2026-12-01T03:30:00+01:00');
test(
  accepted,
  'schedule: "30 2 * * sun", time_zone: Europe/Berlin, jitter: 45m, window: "sat,sun 02:00-05:00"',
);
test(accepted, 'schedule: "@every 1h30m", window: "mon 02:00-02:01"');
test(accepted, 'schedule: "@daily", jitter: 3h, window: "daily 02:00-05:00"');
test(
  accepted,
  'drain: {timeout: 10m, grace_period: -1, delete_local_data: true, ignore_daemon_sets: true, force: true, ' +
    'disable_eviction: false, skip_wait_for_delete_timeout: 60}',
);

const refused = test.macro({
  title: (_, text: string) => `faulty: ${text}`,
  exec: (t, text: string, fault: RegExp) => {
    const found = faultsOf(text);
    t.is(found.length, 1, found.join('\n'));
    t.regex(found[0] ?? '', fault);
    t.regex(found[0] ?? '', text.startsWith('shedule') ? /^warning/ : /^error/);
  },
});
test(refused, 'schedule: "0 3 30 2 *"', /bos\.patch\.schedule: is never due/);
test(refused, 'schedule: "TZ=UTC 0 3 * * *"', /bos\.patch\.time_zone: UTC/);
test(refused, 'schedule: "0 3 * *"', /expected five fields/);
test(refused, 'shedule: "0 3 * * *"', /did you mean bos\.patch\.schedule\?/);
test(refused, 'time_zone: Europe/Berln', /expected a time zone .*did you mean Europe\/Berlin\?/);
test(refused, 'time_zone: europe/berlin', /capitals; did you mean Europe\/Berlin\?/);
test(refused, 'window: "sat 22:00-04:00"', /never opens/);
test(refused, 'window: "sat 02:00-02:00"', /never opens/);
test(refused, 'window: "someday 02:00-03:00"', /"someday" is not a day/);
test(refused, 'window: "sat 02:00-03:00 Mars/Olympus"', /expected a time zone/);
test(
  refused,
  'schedule: "30 2 * * mon", window: "sat,sun 02:00-05:00"',
  /schedule: is never due while .*sat,sun/,
);
test(
  refused,
  'schedule: "30 2 * * *", time_zone: Asia/Tokyo, window: "daily 02:00-05:00 UTC"',
  /is never due while/,
);
test(refused, 'jitter: 10', /from 0s to 24h/);
test(refused, 'jitter: 25h', /from 0s to 24h/);
test(refused, 'hold: tomorrow', /expected true, false, or the time/);
test(refused, 'hold: 2026-12-24', /expected true, false, or the time/);
test(refused, 'after: 2026-02-30T00:00:00Z', /RFC 3339/);
test(refused, 'after: 2026-12-01T03:30:00', /RFC 3339/);
test(refused, 'drain: {timeout: 600}', /a duration of whole seconds, such as 600s/);
test(refused, 'drain: {timeout: 600000000ns}', /whole seconds/);
test(refused, 'drain: {grace_period: 1m}', /number of seconds/);
test(refused, 'drain: {skip_wait_for_delete_timeout: -1}', /number of seconds/);
