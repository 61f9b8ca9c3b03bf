/** What ends a takeover in the system that runs from memory, on a machine in memory: nothing is erased before it is confirmed. */
import test from 'ava';
import { renderReplaceMarker } from '../../../../src/boot/replace-menu.ts';
import { commands } from '../../../../src/cli/commands/index.ts';
import type { FakeSetup } from '../../../fakes/host.ts';
import { SparseBytes } from '../../../fakes/sparse.ts';
import { bootUuid, superBlock } from '../../../install/takeover/fixtures.ts';
import { runProgram } from '../install/fake-world.ts';
import { block, liveMachine, record } from '../install/live-machine.ts';

const marker = renderReplaceMarker({
  ...{ v: 1, replaces: 'disk', boot: { uuid: bootUuid, fsType: 'ext4', path: '/grub' }, after: 'reboot' },
  confirm: { seconds: 60 },
  request: { debug: false, allowNoLogin: false, allowWarnings: false },
});

const runtime = { at: '', durationMs: 0, applied: 1, failed: 0, faults: [] };

async function inMemory(more: FakeSetup = {}, size = 20 * 2 ** 30) {
  const device = new SparseBytes(4096);
  device.write(0, superBlock(bootUuid));
  const host = liveMachine(
    { disks: [block('vda', { size, children: [block('vda2', { type: 'part', size: 450 * 2 ** 20 })] })] },
    {
      ...more,
      devices: { '/dev/vda2': device, '/dev/vda': new SparseBytes(size) },
      files: {
        // As the initrd writes it of a takeover on trial.
        '/run/bos/boot.json': JSON.stringify({ ...JSON.parse(record('live')), medium: '', try: 't' }),
        '/bos/system/takeover.json': marker,
        '/bos/system/config.yaml': 'bos:\n  password: secret\n',
        '/run/bos/config-status.json': JSON.stringify({ v: 1, phases: { runtime } }),
        '/sys/devices/block/vda/vda2/partition': '2\n',
        ...more.files,
      },
      tools: {
        ...{ journalctl: () => '', agetty: () => '', mount: () => '', umount: () => '', reboot: () => '' },
        ...{ udevadm: () => '', blkid: () => ({ exitCode: 2 }) },
        ...more.tools,
      },
    },
  );
  await host.files.symlink('/sys/devices/block/vda/vda2', '/sys/class/block/vda2');
  return host;
}

const finish = async (host: Awaited<ReturnType<typeof inMemory>>) => {
  const { exitCode, err } = await runProgram(['install', '--finish-takeover'], { host, commands });
  const ran = host.ran.filter((line) => /^(mount|umount|reboot|wipefs|mkfs|mke2fs)/.test(line));
  return { exitCode, err, ran };
};
const told = [
  `mount -t ext4 -o rw,dirsync,nosuid,nodev,noexec /dev/disk/by-uuid/${bootUuid} /run/bos/old-boot`,
  'umount /run/bos/old-boot',
  'reboot',
];

test('nobody confirms it: the old system is told why and started, and nothing is erased', async (t) => {
  const host = await inMemory();
  const { exitCode, err, ran } = await finish(host);
  t.is(exitCode, 0, err);
  t.regex(err, /on trial for another 60 s/);
  t.regex(err, /nobody confirmed the new system within 60 s: restarting into the old system/);
  t.deepEqual(
    ran.filter((line) => !line.startsWith('wipefs --json')),
    told,
  );
  t.regex(
    await host.files.readText('/run/bos/old-boot/bos/system/takeover-returned'),
    /nobody confirmed the new system within 60 s/,
  );
  t.false(await host.files.exists('/run/bos/trial-ended'), 'the watchdog goes on');
});

test('a configuration that does not come to an end: the old system is told why and started', async (t) => {
  const host = await inMemory({ files: { '/run/bos/config-status.json': '{"v":1,"phases":{}}' } });
  const { exitCode, err, ran } = await finish(host);
  t.is(exitCode, 0, err);
  t.regex(err, /the configuration was not applied within 10 min: restarting into the old system/);
  t.notRegex(err, /on trial/);
  t.deepEqual(
    ran.filter((line) => !line.startsWith('wipefs --json')),
    told,
  );
});

test('what cannot be installed is found before anybody is waited for', async (t) => {
  const host = await inMemory({}, 2e9);
  const { exitCode, err, ran } = await finish(host);
  t.is(exitCode, 0, err);
  t.regex(err, /cannot be installed: .*needs 2\.5 GB.*: restarting into the old system/);
  t.notRegex(err, /on trial/);
  t.deepEqual(
    ran.filter((line) => !line.startsWith('wipefs --json')),
    told,
  );
  t.regex(
    await host.files.readText('/run/bos/old-boot/bos/system/takeover-returned'),
    /^\S+ the new system cannot be installed: .*\n$/,
  );
});

test('a marker that is cut short: nothing is erased, and nothing is restarted by it', async (t) => {
  const host = await inMemory({ files: { '/bos/system/takeover.json': '{"v":1' } });
  const { exitCode, err, ran } = await finish(host);
  t.is(exitCode, 5);
  t.regex(err.replaceAll(/\s+/g, ' '), /not a valid takeover marker.*Nothing was erased/);
  t.deepEqual(ran, []);
});
