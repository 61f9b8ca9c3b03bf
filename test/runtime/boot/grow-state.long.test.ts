import test from 'ava';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { probeExt4 } from '../../../src/formats/filesystems/ext4.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { growState } from '../../../src/runtime/boot/grow-state.ts';
import { wantsToGrow } from '../../../src/runtime/boot/image-markers.ts';

import { copied, MiB } from './grown-disk.ts';

const { files, processes } = linuxHost();

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
