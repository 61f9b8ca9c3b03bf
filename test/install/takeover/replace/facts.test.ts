/** What probing sees of the disk that is to be replaced, on folders that look like a machine. */
import test from 'ava';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import { probeReplace } from '../../../../src/install/takeover/replace/facts.ts';
import { bootPlace, writeTree } from '../fixtures.ts';

const host = linuxHost();
const entry = 'sys/devices/virtio/block/vda';

test('size and memory, and what is mounted from the disk, through LVM and by btrfs, too', async (t) => {
  const root = await host.files.makeTempDir('bos-replace-facts-');
  t.teardown(() => host.files.remove(root));
  await writeTree(root, {
    'proc/meminfo': 'MemTotal:  752000 kB\n',
    'proc/self/mountinfo':
      '25 1 253:0 / / rw - xfs /dev/mapper/rhel-root rw\n' +
      '40 25 254:2 / /boot rw - xfs /dev/vda2 rw\n' +
      '41 25 0:40 /home /home rw - btrfs /dev/vda4 rw\n' +
      '42 25 254:17 / /data rw - ext4 /dev/vdb1 rw\n' +
      '43 25 0:5 / /proc rw - proc proc rw\n',
    [`${entry}/size`]: '20971520\n',
    [`${entry}/dev`]: '254:0\n',
    [`${entry}/queue/logical_block_size`]: '4096\n',
    [`${entry}/vda2/dev`]: '254:2\n',
    [`${entry}/vda3/dev`]: '254:3\n',
    [`${entry}/vda3/holders/dm-0`]: '',
    [`${entry}/vda4/dev`]: '254:4\n',
    'sys/devices/virtual/block/dm-0/dev': '253:0\n',
    'sys/class/block/vda': `-> ../../../${entry}`,
    'sys/class/block/vda2': `-> ../../../${entry}/vda2`,
    'sys/class/block/vda3': `-> ../../../${entry}/vda3`,
    'sys/class/block/vda4': `-> ../../../${entry}/vda4`,
    'sys/class/block/dm-0': '-> ../../devices/virtual/block/dm-0',
    'dev/vda4': '',
    'boot/x': '',
  });
  const facts = await probeReplace(host, root, bootPlace());
  t.like(facts, { memory: 752000 * 1024, disk: { size: 20971520 * 512, sectorSize: 4096 } });
  t.deepEqual(facts.mounts, ['/', '/boot', '/home']);
  t.true(facts.freeSpace > 0);
});

test('a disk that the kernel does not show', async (t) => {
  const root = await host.files.makeTempDir('bos-replace-facts-');
  t.teardown(() => host.files.remove(root));
  await writeTree(root, { 'proc/meminfo': '', 'proc/self/mountinfo': '', 'boot/x': '' });
  t.is((await probeReplace(host, root, bootPlace())).disk, undefined);
});
