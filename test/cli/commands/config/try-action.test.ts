/** `opsctl config try` and `confirm` as typed, with what the service does in its place. */
import test from 'ava';
import { configCommand } from '../../../../src/cli/commands/config/command.ts';
import { readTry, writeTry } from '../../../../src/runtime/config-try/record.ts';
import { type FakeHost, fakeHost, type Tool } from '../../../fakes/host.ts';
import { runProgram } from '../install/fake-world.ts';

const fixed = 'bos:\n  network:\n    - { name: eth0, addresses: [192.0.2.9/24], gateway4: 192.0.2.1 }\n';
const kept = '/var/lib/bhojpur/os/config.d/net.yaml';

function node(started: (host: FakeHost) => Promise<void> = async () => {}, uid = 0): FakeHost {
  const systemctl: Tool = async () => {
    await started(host);
    return undefined;
  };
  const host = fakeHost({
    files: {
      '/run/bos/boot.json': JSON.stringify({ mode: 'disk', state: '/dev/vda3', os: '0.1.0', dcp: '' }),
      '/proc/cmdline': 'quiet',
      '/proc/self/mountinfo': '1 1 8:1 /x /var rw - ext4 /dev/vda3 rw\n',
      '/root/net.yaml': fixed,
      '/root/net.txt': fixed,
      '/root/bad.yaml': fixed.replace('192.0.2.1 ', '198.51.100.1 '),
      '/root/other.yaml': 'hostname: x\n',
    },
    tools: { systemctl },
  });
  return Object.assign(host, { system: { ...host.system, uid } });
}
const becomes =
  (state: 'applied' | 'failed', reason?: string) =>
  async (host: FakeHost): Promise<void> => {
    const record = await readTry(host, '/');
    if (record !== undefined)
      await writeTry(host, '/', { ...record, state, ...(reason === undefined ? {} : { reason }) });
  };

const opsctl = async (host: FakeHost, ...words: string[]) => {
  const { exitCode, out, err } = await runProgram(['config', ...words], { host, commands: [configCommand] });
  return { exitCode, out, err: err.replaceAll(/\s+/g, ' ') };
};

test('tried and confirmed: on the disk under its name', async (t) => {
  const host = node(becomes('applied'));
  const tried = await opsctl(host, 'try', '/root/net.yaml', '--for', '90s');
  t.is(tried.exitCode, 0, tried.err);
  t.regex(
    tried.out,
    /^\/root\/net\.yaml is in force for 90 s\. Log in again over ssh, or run `sudo opsctl config confirm`/,
  );
  t.deepEqual(host.ran, ['systemctl start --no-block bos-config-try.service']);
  t.is((await readTry(host, '/'))?.seconds, 90);
  t.false(await host.files.exists(kept));
  const confirmed = await opsctl(host, 'confirm');
  t.deepEqual([confirmed.exitCode, confirmed.out], [0, `Kept as ${kept}.\n`]);
  t.is(await host.files.readText(kept), fixed);
});

test('five minutes when nothing else is said', async (t) => {
  const host = node(becomes('applied'));
  await opsctl(host, 'try', '/root/net.yaml');
  t.is((await readTry(host, '/'))?.seconds, 300);
});

test('what could not be applied is an error that says so, when it has been taken back', async (t) => {
  const host = node(async (one) => {
    await becomes('failed', 'bos.network: no such card')(one);
    const { sleep } = one.clock;
    one.clock.sleep = async (ms, signal) => {
      await one.files.remove('/run/bos/try');
      return sleep(ms, signal);
    };
  });
  const { exitCode, err } = await opsctl(host, 'try', '/root/net.yaml');
  t.is(exitCode, 4);
  t.regex(err, /net\.yaml could not be applied: bos\.network: no such card.*is in force again/);
});

test('confirmed too late: when and why it was taken back', async (t) => {
  const host = node();
  const none = await opsctl(host, 'confirm');
  t.is(none.exitCode, 3);
  t.regex(none.err, /No configuration is being tried.*config try FILE/);
  await host.files.write(
    '/run/bos/try-taken-back',
    '2026-01-01T00:00:00Z net.yaml was taken back: too late\n',
  );
  t.regex((await opsctl(host, 'confirm')).err, /net\.yaml was taken back: too late/);
});

for (const [words, exit, said, uid] of [
  [['try', '/root/bad.yaml'], 2, /198\.51\.100\.1 is outside of 192\.0\.2\.9\/24/],
  [['try', '/root/other.yaml'], 2, /has keys that cannot be taken back: hostname/],
  [['try', '/root/net.txt'], 2, /expected the name of a file that ends in \.yaml/],
  [['try', '/root/none.yaml'], 3, /none\.yaml/],
  [['try'], 2, /Name the file to try/],
  [['try', '/root/net.yaml', '--for', '5'], 2, /--for 5: expected a time from 30s to 24h/],
  [['try', '/root/net.yaml', '--for', '10s'], 2, /expected a time from 30s to 24h/],
  [['try', '/root/net.yaml'], 3, /Only root/, 1000],
  [['confirm'], 3, /Only root/, 1000],
] as const)
  test(`refused, and nothing has happened: ${words.join(' ')} as ${uid ?? 0}`, async (t) => {
    const host = node(undefined, uid);
    const before = host.tree('/run');
    const { exitCode, err } = await opsctl(host, ...words);
    t.is(exitCode, exit, err);
    t.regex(err, said);
    t.deepEqual(host.ran, []);
    t.deepEqual(host.tree('/run'), before);
  });
