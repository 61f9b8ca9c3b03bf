/** What the kernel says of a disk: its size, its serial number wherever the driver has it, and who uses it. */
import test from 'ava';
import { diskIdentity, partitionsOf } from '../../../src/steps/support/disk-identity.ts';
import { fakeHost } from '../../fakes/host.ts';

const sys = '/sys/class/block/sda';
const plain = {
  '/proc/self/mountinfo': '21 1 0:20 / / rw - tmpfs tmpfs rw\n',
  [`${sys}/size`]: '2048\n',
  [`${sys}/ro`]: '0\n',
  [`${sys}/dev`]: '8:0\n',
};
const identity = (files: Readonly<Record<string, string | Uint8Array>> = {}) =>
  diskIdentity(fakeHost({ files: { ...plain, ...files } }), '/dev/sda');

test('a disk that is there, and one that is not', async (t) => {
  t.deepEqual(await identity(), { size: 1_048_576, serial: undefined, readOnly: false, usedBy: [] });
  t.true((await identity({ [`${sys}/ro`]: '1\n' }))?.readOnly);
  // A reader of cards with no card in it.
  t.is(await identity({ [`${sys}/size`]: '0\n' }), undefined);
  t.is(await diskIdentity(fakeHost(), '/dev/sda'), undefined);
});

test('a link is followed to the name that the kernel has', async (t) => {
  const host = fakeHost({ files: { ...plain, [`${sys}/sda1/partition`]: '1\n' } });
  await host.files.symlink('/dev/sda', '/dev/disk/by-id/x');
  t.is((await diskIdentity(host, '/dev/disk/by-id/x'))?.size, 1_048_576);
  t.deepEqual(await partitionsOf(host, '/dev/disk/by-id/x'), ['sda1']);
});

/** VPD page 0x80 with its header of four bytes: what follows the text is not of it. */
const page = (text: string) =>
  Buffer.from(`\0\x80\0${String.fromCharCode(text.length)}${text}rest`, 'latin1');

test('the serial number is found where the driver has it', async (t) => {
  const serial = async (files: Readonly<Record<string, string | Uint8Array>>) =>
    (await identity(files))?.serial;
  t.is(await serial({ [`${sys}/serial`]: 'VIRTIO\n' }), 'VIRTIO');
  t.is(await serial({ [`${sys}/serial`]: '\n', [`${sys}/device/serial`]: ' NVME \n' }), 'NVME');
  t.is(await serial({ [`${sys}/device/vpd_pg80`]: page('  SCSI-1 ') }), 'SCSI-1');
  t.is(await serial({ [`${sys}/device/serial`]: 'A\n', [`${sys}/device/vpd_pg80`]: page('B') }), 'A');
  t.is(await serial({ [`${sys}/device/vpd_pg80`]: page('   ') }), undefined);
  t.is(await serial({ [`${sys}/device/vpd_pg80`]: Buffer.of(0, 0x80, 0) }), undefined);
  t.is(await serial({ [`${sys}/device/vpd_pg80`]: Buffer.of(0, 0x80, 0, 0) }), undefined);
});

test('mounts, swap and holders of the disk and of its partitions use it', async (t) => {
  const used = async (files: Readonly<Record<string, string>>) => (await identity(files))?.usedBy;
  const parts = {
    [`${sys}/sda1/partition`]: '1\n',
    [`${sys}/sda1/dev`]: '8:1\n',
    [`${sys}/sda2/partition`]: '2\n',
    [`${sys}/sda2/dev`]: '8:2\n',
    [`${sys}/queue/x`]: '',
  };
  t.deepEqual(await used(parts), []);
  t.deepEqual(await used({ ...parts, '/proc/self/mountinfo': '22 21 8:0 / /a rw - ext4 /dev/sda rw\n' }), [
    '/a',
  ]);
  t.deepEqual(await used({ ...parts, '/proc/self/mountinfo': '22 21 8:2 / /b rw - ext4 /dev/x rw\n' }), [
    '/b',
  ]);
  t.deepEqual(await used({ ...parts, '/proc/swaps': 'Filename\n/dev/sda1 partition 1 0 -2\n' }), ['[SWAP]']);
  t.deepEqual(
    await used({ ...parts, [`${sys}/holders/md0`]: '', '/sys/class/block/sda2/holders/dm-1': '' }),
    ['md0', 'dm-1'],
  );
});
