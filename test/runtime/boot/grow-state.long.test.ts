/**
 * Growing a copied image at its first boot. Each of the five defects of k3OS's growpart is a test: names of nvme and
 * of mmc, a marker without a line end, a backup GPT that stays where it was, a marker that goes although it failed.
 */
import { truncateSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { probeExt4 } from '../../../src/formats/filesystems/ext4.ts';
import { decodeGpt } from '../../../src/formats/partition-tables/gpt-decode.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { growState } from '../../../src/runtime/boot/grow-state.ts';
import { wantsToGrow } from '../../../src/runtime/boot/image-markers.ts';

const real = linuxHost();
const { files, processes } = real;
const MiB = 2 ** 20;
const marker = 'run/bos/state/bos/system/growpart';

/** A machine whose disk `disk` of 64 MiB was copied from an image of 24 MiB, its state on partition 2. */
async function copied(t: ExecutionContext, disk: string, partition: string, text: string) {
  const root = await files.makeTempDir('bos-grow-');
  t.teardown(() => files.remove(root));
  const device = `${root}/dev/${disk}`;
  await files.makeDir(`${root}/dev`);
  await processes.run('truncate', ['-s', `${24 * MiB}`, device]);
  await processes.run('sgdisk', ['-n', '1:2048:+2M', '-n', '2:0:0', device]);
  const before = await gpt(device);
  const sizes = before?.partitions.map((one) => (one.lastLba - one.firstLba + 1) * 512) ?? [];
  truncateSync(device, 64 * MiB);
  await processes.run('truncate', ['-s', `${sizes[1]}`, `${root}/dev/${partition}`]);
  await processes.run('mkfs.ext4', ['-q', `${root}/dev/${partition}`]);

  const sysfs = `${root}/sys/devices/bus/${disk}`;
  await files.makeDir(`${sysfs}/queue`);
  await files.makeDir(`${sysfs}/${partition}`);
  await files.makeDir(`${root}/sys/class/block`);
  await files.symlink(`../../devices/bus/${disk}`, `${root}/sys/class/block/${disk}`);
  await files.symlink(`../../devices/bus/${disk}/${partition}`, `${root}/sys/class/block/${partition}`);
  await files.write(`${sysfs}/size`, `${(64 * MiB) / 512}\n`);
  await files.write(`${sysfs}/queue/logical_block_size`, '512\n');
  await files.write(`${sysfs}/${partition}/partition`, '2\n');
  await files.write(`${sysfs}/${partition}/size`, `${(sizes[1] ?? 0) / 512}\n`);
  await files.makeDir(`${root}/run/bos/state/bos/system`);
  await files.write(`${root}/${marker}`, text);

  const ran: string[] = [];
  const failing = new Set<string>();
  const run: Host['processes']['run'] = async (command, args, options) => {
    ran.push([command, ...args].join(' '));
    if (failing.has(command)) throw new Error(`${command} failed`);
    if (command === 'sync') return { exitCode: 0, stdout: '', stderr: '' };
    if (command === 'resize2fs')
      return processes.run('resize2fs', ['-f', ...args.map((path) => `${root}${path}`)], options);
    // The kernel: it looks at the table that is on the disk.
    if (command !== 'partx') throw new Error(`no ${command} here`);
    const entry = (await gpt(device))?.partitions.find(({ number }) => number === 2);
    const sectors = entry === undefined ? 0 : entry.lastLba - entry.firstLba + 1;
    await files.write(`${sysfs}/${partition}/size`, `${sectors}\n`);
    truncateSync(`${root}/dev/${partition}`, sectors * 512);
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  const host: Host = { ...real, processes: { ...processes, run } };
  return { root, host, device, state: `/dev/${partition}`, ran, failing };
}

async function gpt(device: string) {
  return (await decodeGpt(fromBytes(await files.read(device)), 512))?.table;
}

const grown = test.macro(async (t, disk: string, partition: string, text: string = 'anything\n') => {
  const { root, host, device, state, ran } = await copied(t, disk, partition, text);
  t.true(await wantsToGrow(host, root));
  await growState(host, root, state);
  t.is(ran[0], `partx --update --nr 2 /dev/${disk}`);
  t.is(ran[1], `resize2fs /dev/${partition}`);
  t.regex((await processes.run('sgdisk', ['-v', device])).stdout, /No problems found/);
  const fileSystem = await probeExt4(fromBytes(await files.read(`${root}${state}`)));
  t.true((fileSystem?.size ?? 0) > 56 * MiB);
  await t.notThrowsAsync(processes.run('e2fsck', ['-fn', `${root}${state}`]));
  t.false(await wantsToGrow(host, root), 'it is not asked for twice');
});

test('virtio: vda2', grown, 'vda', 'vda2');
test('SCSI: sdb2', grown, 'sdb', 'sdb2');
test('nvme: the partition is nvme0n1p2, the disk nvme0n1', grown, 'nvme0n1', 'nvme0n1p2');
test('mmc: the partition is mmcblk0p2, the disk mmcblk0', grown, 'mmcblk0', 'mmcblk0p2');
test('a marker without a line end', grown, 'vda', 'vda2', '/dev/sda 1');
test('an empty marker', grown, 'vda', 'vda2', '');

test('the backup GPT is at the end of the larger disk', async (t) => {
  const { root, host, device, state } = await copied(t, 'vda', 'vda2', '');
  await growState(host, root, state);
  const end = (await files.read(device)).subarray(-512);
  t.is(end.toString('latin1', 0, 8), 'EFI PART');
});

const retried = test.macro(async (t, tool: string) => {
  const { root, host, state, failing } = await copied(t, 'vda', 'vda2', 'x\n');
  failing.add(tool);
  await t.throwsAsync(growState(host, root, state), { message: new RegExp(`${tool} failed`) });
  t.true(await wantsToGrow(host, root), 'it is still asked for');
  failing.clear();
  await growState(host, root, state);
  t.false(await wantsToGrow(host, root));
  const fileSystem = await probeExt4(fromBytes(await files.read(`${root}${state}`)));
  t.true((fileSystem?.size ?? 0) > 56 * MiB);
});
for (const tool of ['partx', 'resize2fs', 'sync'])
  test(`what failed is asked for again at the next boot: ${tool}`, retried, tool);

test('a kernel that does not see it is a failure, and the marker stays', async (t) => {
  const { root, host, state } = await copied(t, 'vda', 'vda2', '');
  const run: Host['processes']['run'] = async (command, args, options) =>
    command === 'partx'
      ? { exitCode: 0, stdout: '', stderr: '' }
      : host.processes.run(command, args, options);
  const deaf = { ...host, processes: { ...host.processes, run } };
  await t.throwsAsync(growState(deaf, root, state), { code: 'grow-failed' });
  t.true(await wantsToGrow(host, root));
});

test('another partition behind it: said, nothing written, the marker stays', async (t) => {
  const { root, host, device, state } = await copied(t, 'vda', 'vda2', '');
  await processes.run('sgdisk', ['-e', '-n', '3:0:0', device]);
  const before = await files.read(device);
  await t.throwsAsync(growState(host, root, state), { message: /partition 3 comes after partition 2/ });
  t.true((await files.read(device)).equals(before));
  t.true(await wantsToGrow(host, root));
});
