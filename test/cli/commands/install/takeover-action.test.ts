/** `opsctl install --takeover` as typed, on a Debian in memory that UEFI started. */
import test from 'ava';
import { commands } from '../../../../src/cli/commands/index.ts';
import { renderManifest } from '../../../../src/media/manifest.ts';
import { SparseBytes } from '../../../fakes/sparse.ts';
import { liveHost, manifest, mediumRoot } from '../../../install/fixtures.ts';
import { oldFiles, rootUuid, superBlock } from '../../../install/takeover/fixtures.ts';
import { runProgram } from './fake-world.ts';
import { liveMachine } from './live-machine.ts';

const modules = {
  path: `bos/system/kernel/${manifest.kernel}/kernel.squashfs`,
  size: 1,
  sha256: '0'.repeat(64),
};
const iso = `${mediumRoot}/bos/system/manifest.json`;

const disk = {
  '/sys/class/block/vda/size': '20000000\n',
  '/sys/class/block/vda/queue/logical_block_size': '512\n',
  '/sys/class/block/vda/dev': '254:0\n',
  '/proc/meminfo': 'MemTotal: 752000 kB\n',
};

async function debian() {
  const device = new SparseBytes(4096);
  device.write(0, superBlock(rootUuid));
  const files = Object.entries(oldFiles).flatMap(([path, content]) =>
    content === undefined || path.startsWith('dev/') || `${content}`.startsWith('-> ')
      ? []
      : [[`/${path}`, content] as const],
  );
  const host = liveHost({
    devices: { '/dev/vda3': device },
    files: {
      ...Object.fromEntries(files),
      ...disk,
      '/sys/firmware/efi': '',
      [iso]: renderManifest({ ...manifest, files: [...manifest.files, modules] }),
      [`${mediumRoot}/${modules.path}`]: 'm',
      '/root/config.yaml': 'bos:\n  password: secret\n',
    },
    tools: { sync: () => undefined },
  });
  const sys = '/sys/devices/virtio/block/vda/vda3';
  await host.files.symlink(sys, '/sys/dev/block/254:3');
  for (const folder of ['/', '/boot/grub', '/boot/efi/EFI/debian']) await host.files.makeDir(folder);
  return host;
}

/** What only reads is run at any time. */
const changes = (line: string) => !/^(sshd -T|ip -j )/.test(line);

async function opsctl(line: string, host: Awaited<ReturnType<typeof debian>>) {
  const { exitCode: exit, out, err } = await runProgram(line.split(' '), { host, commands });
  return { exit, out, err: err.replaceAll(/\s+/g, ' ') };
}

for (const line of [`${iso}`, `/dev/vda3 ${iso}`, `--no-format /dev/vda3 ${iso}`])
  test(`install --takeover ${line}: a dry run shows what is done now and later`, async (t) => {
    const host = await debian();
    const { exit, out } = await opsctl(
      `install --takeover ${line} --config /root/config.yaml --dry-run`,
      host,
    );
    t.is(exit, 0);
    t.regex(out, /Plan for \/dev\/vda3 \(the root file system\):/);
    t.regex(
      out.replaceAll(/\s+/g, ' '),
      /when it is confirmed within 10 min \(.*\), it becomes the default and deletes everything else on \/dev\/vda3/,
    );
    t.notRegex(out, /secret|destroys data/);
    t.deepEqual(host.ran.filter(changes), []);
    t.deepEqual(await host.files.list('/bos'), []);
  });

const refuses = test.macro({
  title: (_, line: string) => `${line} is refused`,
  exec: async (t, line: string, exit: number, words: RegExp) => {
    const host = await debian();
    const ended = await opsctl(line, host);
    t.is(ended.exit, exit);
    t.regex(ended.err, words);
    t.deepEqual(host.ran.filter(changes), []);
    t.deepEqual(await host.files.list('/bos'), []);
  },
});
test(refuses, 'install --takeover', 3, /needs the ISO.*Nothing was touched/);
test(
  refuses,
  `install --takeover /dev/vda ${iso}`,
  3,
  /is on \/dev\/vda3, not on \/dev\/vda.*Nothing was touched/,
);
test(refuses, `install --takeover ${iso}`, 3, /Nobody could log in.*Nothing was touched/);
test(
  refuses,
  `install --takeover ${iso} --config /root/config.yaml`,
  3,
  /Cannot ask for consent.*Nothing was touched/,
);
test(refuses, `install --takeover ${iso} --var-device /dev/vdb`, 2, /--var-device has no effect/);

const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)} ann`;
const secret = '-----BEGIN OPENSSH PRIVATE KEY-----\nhidden\n';

/** A Debian that root reaches by a key, with what tells so. */
async function reachable() {
  const host = await debian();
  await host.files.makeDir('/etc');
  await host.files.write('/etc/passwd', 'root:x:0:0::/root:/bin/sh\n');
  host.tools.set('ip', (args) =>
    args.includes('address')
      ? '[{"ifname":"eth0","link_type":"ether","mtu":1500,"address":"52:54:00:12:34:56","addr_info":[{"local":"192.0.2.5","prefixlen":24,"scope":"global"}]}]'
      : '[]',
  );
  await host.files.makeDir('/root/.ssh');
  await host.files.write('/root/.ssh/authorized_keys', `${key}\n`);
  await host.files.makeDir('/etc/ssh');
  await host.files.write('/etc/ssh/ssh_host_ed25519_key', secret);
  await host.files.makeDir('/proc/sys/kernel');
  await host.files.write('/proc/sys/kernel/hostname', 'old\n');
  return host;
}

test('a system that is reached by a key needs no configuration: what is carried over stands in the plan', async (t) => {
  const host = await reachable();
  const { exit, out } = await opsctl(`install --takeover ${iso} --dry-run`, host);
  t.is(exit, 0);
  const text = out.replaceAll(/\s+/g, ' ');
  t.true(
    text.includes(
      'Write bos/system/config.yaml: from this system the network: eth0 (52:54:00:12:34:56) 192.0.2.5/24; the ssh key of root; the host name old',
    ),
  );
  t.true(text.includes('the ed25519 host key of ssh, /etc/ssh/ssh_host_ed25519_key'));
  const json = await opsctl(`install --takeover ${iso} --dry-run --json`, host);
  t.notRegex(`${out}${json.out}`, /hidden|AAAAC3/);
});

test('each is left out on request, and the person wins', async (t) => {
  const host = await reachable();
  await host.files.write('/root/config.yaml', 'hostname: mine\nbos:\n  password: secret\n');
  const line = `install --takeover ${iso} --dry-run --config /root/config.yaml`;
  const { out } = await opsctl(`${line} --no-carry network --no-carry host-keys`, host);
  t.true(
    out
      .replaceAll(/\s+/g, ' ')
      .includes(
        'config.yaml: from this system the ssh key of root; as your configuration says, and not this system: hostname 6.',
      ),
  );
  t.notRegex(out, /ssh_host/);
  t.regex((await opsctl(`${line} --no-carry all`, host)).out, /Write bos\/system\/config\.yaml\n/);
  t.regex((await opsctl(`${line} --poweroff`, host)).out, /Write bos\/system\/config\.yaml\n/);
  const refused = await opsctl(`install --takeover ${iso} --no-carry authorized-keys`, host);
  t.deepEqual([refused.exit, /Nobody could log in/.test(refused.err)], [3, true]);
  t.is((await opsctl(`${line} --no-carry hostkeys`, host)).exit, 2);
  const elsewhere = await opsctl('install --no-carry all', liveMachine());
  t.regex(elsewhere.err, /--no-carry works only with --takeover/);
});

test('in a live Bhojpur OS it is refused, and --reboot belongs to it', async (t) => {
  const taken = await opsctl('install --takeover /x.iso', liveMachine());
  t.is(taken.exit, 3);
  t.regex(taken.err, /This is Bhojpur OS already.*Nothing was touched/);
  const restart = await opsctl('install --reboot', liveMachine());
  t.is(restart.exit, 2);
  t.regex(restart.err, /--reboot works only with --takeover/);
});

test('install --takeover=replace: a dry run says what is erased, and when', async (t) => {
  const host = await debian();
  const line = `install --takeover=replace /dev/vda ${iso} --config /root/config.yaml --dry-run`;
  const { exit, out } = await opsctl(line, host);
  t.is(exit, 0);
  t.regex(out, /Plan for \/dev\/vda \(the whole disk\):/);
  t.regex(
    out.replaceAll(/\s+/g, ' '),
    /in memory; when it is confirmed within 10 min .*, it ERASES ALL OF \/dev\/vda/,
  );
  t.notRegex(out, /secret|destroys data/);
  t.deepEqual(host.ran, ['sshd -T', 'ip -j -d address show'], 'both only tell');
  t.deepEqual(await host.files.list('/bos'), []);
});
test('install --takeover=replace: network, keys and host name go along in the configuration, host keys as files', async (t) => {
  const host = await reachable();
  const line = `install --takeover=replace /dev/vda ${iso} --dry-run`;
  const { exit, out, err } = await opsctl(line, host);
  t.is(exit, 0, err);
  t.regex(
    out.replaceAll(/\s+/g, ' '),
    /Write bos\/system\/config\.yaml: from this system the network: eth0 .*; the ssh key of root; the host name old/,
  );
  const carriedKey = /Write bos\/system\/carried-ssh\/ssh_host_ed25519_key: the ed25519 host key of ssh/;
  t.regex(out.replaceAll(/\s+/g, ' '), carriedKey);
  t.false(`${out}${err}`.includes(secret.split('\n')[1] ?? ''));
  const none = await opsctl(`${line} --no-carry host-keys`, host);
  t.is(none.exit, 0, none.err);
  t.notRegex(none.out, /carried-ssh/);
});
test(
  refuses,
  `install --takeover=replace ${iso} --config /root/config.yaml`,
  2,
  /needs the disk that is replaced.*--takeover=replace \/dev\/vda ISO_URL/,
);
test(
  refuses,
  `install --takeover=replace /dev/vda3 ${iso} --config /root/config.yaml`,
  3,
  /starts from \/dev\/vda, not from \/dev\/vda3/,
);
test('install --takeover=replace without --silent asks for consent to erase the disk', async (t) => {
  const host = await debian();
  const ended = await opsctl(`install --takeover=replace /dev/vda ${iso} --config /root/config.yaml`, host);
  t.is(ended.exit, 3);
  t.regex(ended.err, /Cannot ask for consent to erase \/dev\/vda \(the whole disk\).*Nothing was touched/);
});
