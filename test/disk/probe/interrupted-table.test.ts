import test from 'ava';
import { layoutTable, wholeDiskLayout } from '../../../src/disk/layout/layout.ts';
import { isInterruptedTable } from '../../../src/disk/probe/interrupted-table.ts';
import { encodeGpt, type GptPartition } from '../../../src/formats/partition-tables/gpt.ts';
import { fakeHost, SparseBytes } from '../../fakes/host.ts';
import { facts } from '../../install/fixtures.ts';
import { nothingHeld } from '../../steps/promises.ts';

const diskSize = 3 * 2 ** 30;

/** Our table but for its first sector, and `more` written on top of it. */
async function judged(
  sectorSize: number,
  more: { readonly offset: number; readonly bytes: Uint8Array }[] = [],
  change: (entries: readonly GptPartition[]) => readonly GptPartition[] = (entries) => entries,
) {
  const table = layoutTable(wholeDiskLayout(diskSize, sectorSize), facts().ids);
  const { primary, backup } = encodeGpt(table);
  const device = new SparseBytes(diskSize);
  device.write(sectorSize, primary.bytes.subarray(sectorSize));
  device.write(backup.offset, backup.bytes);
  for (const { offset, bytes } of more) device.write(offset, bytes);
  const host = fakeHost({ devices: { '/dev/vda': device } });
  const disk = { path: '/dev/vda', logicalSectorSize: sectorSize };
  const found = await isInterruptedTable(host, disk, change(table.partitions));
  const held = nothingHeld({ run: host.effects, verify: [] });
  if (held !== undefined) throw new Error(held);
  return found;
}

const protectiveMbr = (sectorSize: number) =>
  encodeGpt(layoutTable(wholeDiskLayout(diskSize, sectorSize), facts().ids)).primary.bytes.subarray(0, 512);

for (const sectorSize of [512, 4096]) {
  test(`a table that lacks its first sector was never finished, sectors of ${sectorSize} bytes`, async (t) => {
    t.true(await judged(sectorSize));
  });

  test(`with its first sector it is a table, sectors of ${sectorSize} bytes`, async (t) => {
    t.false(await judged(sectorSize, [{ offset: 0, bytes: protectiveMbr(sectorSize) }]));
  });
}

test('where something lies in a partition, somebody lost the first sector of a disk with data', async (t) => {
  for (const { start } of wholeDiskLayout(diskSize, 512).partitions)
    t.false(await judged(512, [{ offset: start + 1080, bytes: Uint8Array.of(0x53) }]));
});

test('a table of others is theirs', async (t) => {
  t.false(await judged(512, [], (entries) => entries.slice(1)));
  t.false(await judged(512, [], (entries) => entries.map((one) => ({ ...one, name: 'home' }))));
});
