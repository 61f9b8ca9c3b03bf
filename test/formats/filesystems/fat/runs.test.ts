/** What of a volume made by mkfs.fat and mtools is in use: the rest can be anything. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { endOf } from '../../../../src/formats/byte-range.ts';
import { fromBytes } from '../../../../src/formats/bytes.ts';
import { usedFatRuns } from '../../../../src/formats/filesystems/fat/runs.ts';
import { temporaryFolder, tool } from '../../../formats/support.ts';

for (const [bits, size] of [
  [12, 2],
  [16, 16],
  [32, 40],
] as const)
  test(`FAT${bits}: everything that is free can be overwritten`, async (t) => {
    const folder = temporaryFolder(t);
    const [image, file] = [join(folder, 'image'), join(folder, 'file')];
    writeFileSync(image, '');
    truncateSync(image, size * 2 ** 20);
    tool('mkfs.fat', '-F', `${bits}`, '-s', '1', image);
    tool('mmd', '-i', image, '::/EFI', '::/EFI/BOOT');
    for (const [name, length] of [
      ['first', 300_000],
      ['second', 70_001],
      ['third', 5],
    ] as const) {
      writeFileSync(file, Buffer.alloc(length, name));
      tool('mcopy', '-i', image, file, `::/EFI/BOOT/${name}`);
    }
    tool('mdel', '-i', image, '::/EFI/BOOT/first');
    const bytes = readFileSync(image);
    const runs = await usedFatRuns(fromBytes(bytes));
    const used = runs.reduce((sum, { length }) => sum + length, 0);
    t.true(used < bytes.length - 300_000, 'what was deleted is free');
    let done = 0;
    for (const run of [...runs, { offset: bytes.length, length: 0 }]) {
      bytes.fill(0xee, done, run.offset);
      done = endOf(run);
    }
    writeFileSync(image, bytes);
    tool('fsck.fat', '-n', image);
    t.is(tool('mtype', '-i', image, '::/EFI/BOOT/second'), Buffer.alloc(70_001, 'second').toString());
    t.is(tool('mtype', '-i', image, '::/EFI/BOOT/third'), 'third');
  });
