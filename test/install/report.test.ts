/** The report of an installation: for root alone, whole or not there, and without what the command line has of secrets. */
import test from 'ava';
import { reportPath, writeReport } from '../../src/install/report.ts';
import { lineOf } from '../fakes/effects.ts';
import { fakeHost } from '../fakes/host.ts';

test('it takes its name when it is whole, and only root may read it', async (t) => {
  const host = fakeHost();
  t.is(await writeReport(host, '1.2.3'), reportPath);
  t.deepEqual(host.effects.filter(({ path }) => path.startsWith('/var/log')).map(lineOf), [
    'mkdir /var/log/bos 0755',
    `replace ${reportPath} 0600`,
  ]);
  t.true((await host.files.readText(reportPath)).endsWith('}\n'));
});

test('a secret of the command line is hidden wherever it turns up', async (t) => {
  const commandLine = 'bos.mode=live bos.token=tok/en+1 bos.password=abcdef\n';
  const host = fakeHost({
    files: { '/proc/cmdline': commandLine, '/run/bos/initrd.log': 'asked with tok/en+1\n' },
    tools: { dmesg: () => `Kernel command line: ${commandLine}systemd: abcdef is not a unit\n` },
  });
  const text = await host.files.readText(await writeReport(host, '1.2.3'));
  t.notRegex(text, /tok\/en|abcdef/);
  t.regex(text, /asked with \(hidden\)/);
  t.regex(text, /\(hidden\) is not a unit/);
  t.regex(text, /bos\.mode=live/);
});

test('what cannot be read is said in its place', async (t) => {
  const host = fakeHost();
  const report = JSON.parse(await host.files.readText(await writeReport(host, '1.2.3')));
  t.like(report, { v: 1, at: host.clock.now(), opsctl: '1.2.3', kernel: '(dmesg is not installed)' });
  t.true(Object.values<string>(report.texts).every((text) => text.startsWith('(ENOENT')));
  t.regex(report.facts, /^\(/);
});
