import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {
  layoutTable,
  minimumDiskSize,
  partitionPath,
  wholeDiskLayout,
} from '../../../src/disk/layout/layout.ts';
import { encodeGpt, usableLbas } from '../../../src/formats/partition-tables/gpt.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';

const mebibyte = 2 ** 20;
const ids = {
  disk: '00000000-0000-4000-8000-000000000001',
  biosGrub: '00000000-0000-4000-8000-000000000002',
  esp: '00000000-0000-4000-8000-000000000003',
  state: '00000000-0000-4000-8000-000000000004',
};

test('the layout of a 20 GiB disk', (t) => {
  const { partitions } = wholeDiskLayout(20 * 2 ** 30, 512);
  t.deepEqual(
    partitions.map((one) => [one.role, one.name, one.start / mebibyte, one.size / mebibyte]),
    [
      ['biosGrub', 'bios_grub', 1, 1],
      ['esp', 'BOS_GRUB', 2, 300],
      ['state', 'BOS_STATE', 302, 20 * 1024 - 302 - 1],
    ],
  );
});

test('partitions are aligned, follow each other and leave room for the backup table on any disk', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: minimumDiskSize, max: 2 ** 52 }),
      fc.constantFrom(512, 4096),
      (size, sectorSize) => {
        const layout = wholeDiskLayout(size, sectorSize);
        let end = mebibyte;
        for (const { start, size: length } of layout.partitions) {
          t.is(start, end);
          t.is(start % mebibyte, 0);
          t.is(length % mebibyte, 0);
          t.true(length > 0);
          end = start + length;
        }
        const usable = usableLbas(Math.floor(size / sectorSize), sectorSize);
        t.true(end / sectorSize - 1 <= usable.last);
        t.true(size - end < 3 * mebibyte);
        t.notThrows(() => encodeGpt(layoutTable(layout, ids)));
      },
    ),
  );
});

test('a disk that is too small is refused with both numbers', (t) => {
  t.throws(() => wholeDiskLayout(2 ** 30, 512), {
    code: 'disk-too-small',
    message: 'The disk has 1.1 GB, but an installation needs 2.5 GB',
  });
  t.throws(() => wholeDiskLayout(2 ** 40, 520), { code: 'disk-sector-size' });
});

test('sgdisk finds the table sound and aligned', (t) => {
  const file = join(temporaryFolder(t), 'disk.img');
  const layout = wholeDiskLayout(3 * 2 ** 30, 512);
  const { primary, backup } = encodeGpt(layoutTable(layout, ids));
  const handle = openSync(file, 'w');
  truncateSync(file, layout.diskSize);
  for (const { bytes, offset } of [primary, backup]) writeSync(handle, bytes, 0, bytes.length, offset);
  closeSync(handle);
  t.regex(tool('sgdisk', '-v', file), /No problems found/);
  t.regex(tool('sgdisk', '-p', file), /3 +618496 +6289407 .*8300 +BOS_STATE/);
});

const path = test.macro({
  exec: (t, disk: string, number: number, expected: string) => t.is(partitionPath(disk, number), expected),
  title: (_title, disk, number, expected) => `partition ${number} of ${disk} is ${expected}`,
});
test(path, '/dev/vda', 1, '/dev/vda1');
test(path, '/dev/sdaa', 12, '/dev/sdaa12');
test(path, '/dev/nvme0n1', 2, '/dev/nvme0n1p2');
test(path, '/dev/mmcblk0', 3, '/dev/mmcblk0p3');
test(path, '/dev/loop7', 1, '/dev/loop7p1');
test(path, '/dev/nbd0', 1, '/dev/nbd0p1');
test(path, '/dev/md127', 1, '/dev/md127p1');
test(path, '/dev/disk/by-id/ata-ST2000_ZDH1', 2, '/dev/disk/by-id/ata-ST2000_ZDH1-part2');

test('no partition has the name of another disk, or of a partition of one: md1 and md12 least of all', (t) => {
  const disk = fc.oneof(
    fc.stringMatching(/^\/dev\/(md|loop|mmcblk)\d{1,3}$/),
    fc.stringMatching(/^\/dev\/(sd|vd)[a-z]{1,2}$/),
    fc.stringMatching(/^\/dev\/nvme\dn\d$/),
  );
  const number = fc.integer({ min: 1, max: 128 });
  fc.assert(
    fc.property(disk, number, disk, number, (one, first, other, second) => {
      t.not(partitionPath(one, first), other);
      if (one !== other || first !== second) t.not(partitionPath(one, first), partitionPath(other, second));
    }),
  );
});

test('a table has the random ids of the facts, each partition its own, and no attributes', (t) => {
  const { diskGuid, partitions, sectorSize, diskSectors } = layoutTable(
    wholeDiskLayout(20 * 2 ** 30, 4096),
    ids,
  );
  t.deepEqual([diskGuid, sectorSize, diskSectors], [ids.disk, 4096, (20 * 2 ** 30) / 4096]);
  t.deepEqual(
    partitions.map(({ number, guid, firstLba, attributes }) => [number, guid, firstLba, attributes]),
    [
      [1, ids.biosGrub, 256, 0n],
      [2, ids.esp, 512, 0n],
      [3, ids.state, 302 * 256, 0n],
    ],
  );
});
