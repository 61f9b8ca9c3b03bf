/** The installer's own system applies its configuration before it installs. */
import test from 'ava';
import { applyOwnConfiguration, hasOwnConfiguration } from '../../src/install/own-configuration.ts';
import { fakeHost } from '../fakes/host.ts';

test('asked for by data sources and by commands', (t) => {
  t.true(hasOwnConfiguration({ 'bos.data_sources': ['cdrom'] }));
  t.true(hasOwnConfiguration({ run_cmd: ['modprobe x'] }));
  t.false(hasOwnConfiguration({ 'bos.data_sources': [], hostname: 'a', write_files: [] }));
});

test('by its own unit, out of order; a failure is said and stops nothing', async (t) => {
  const lines: string[] = [];
  const ran: string[] = [];
  const host = fakeHost({ files: { '/run/systemd/system/x': '' } });
  const run: typeof host.processes.run = async (command, args) => {
    ran.push([command, ...args].join(' '));
    throw new Error('it failed');
  };
  const failing = { ...host, processes: { ...host.processes, run } };
  await applyOwnConfiguration(failing, (line) => lines.push(line));
  t.deepEqual(ran, ['systemctl start --job-mode=ignore-dependencies bos-config.service']);
  t.regex(lines.join(), /own configuration first.*not fully applied: it failed/);
});

test('without systemd there is nothing to wait for', async (t) => {
  const lines: string[] = [];
  await applyOwnConfiguration(fakeHost(), (line) => lines.push(line));
  t.deepEqual(lines, []);
});
