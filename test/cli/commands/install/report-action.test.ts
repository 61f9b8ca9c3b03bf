import test from 'ava';
import { installCommand } from '../../../../src/cli/commands/install/command.ts';
import { reportPath } from '../../../../src/install/report.ts';
import { machine } from '../../../disk/probe/machine.ts';
import { fakeTerminal } from './fake-world.ts';

test('--report writes the report, prints where it is, and installs nothing', async (t) => {
  const host = await machine('virtio-live-cd');
  const run = await installCommand.load?.();
  const terminal = fakeTerminal();
  const context = {
    host,
    workstation: async () => host,
    terminal,
    verbose: false,
    signal: new AbortController().signal,
  };
  t.is(await run?.(context, [], { report: true }), 0);
  t.is(terminal.written.out, `${reportPath}\n`);
  t.regex(terminal.written.err, /without secrets/);
  const { facts } = JSON.parse(await host.files.readText(reportPath));
  t.is(facts.disks[0].path, '/dev/vda');
  t.true(host.ran.every((line) => /^(lsblk|wipefs|dmesg)/.test(line)));
});

test('--report needs root, which alone may read everything', async (t) => {
  const host = await machine('virtio-live-cd');
  const run = await installCommand.load?.();
  const user = { ...host, system: { ...host.system, uid: 1000 } };
  const context = {
    host: user,
    workstation: async () => user,
    terminal: fakeTerminal(),
    verbose: false,
    signal: new AbortController().signal,
  };
  await t.throwsAsync(async () => run?.(context, [], { report: true }), { code: 'not-root' });
});
