import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {
  bootSectorFaults,
  coreImageFaults,
  makeBootSector,
  placeCoreImage,
} from '../../src/boot/boot-sector.ts';
import { encodeProtectiveMbr } from '../../src/formats/partition-tables/mbr.ts';
import { temporaryFolder, tool } from '../formats/support.ts';
import { runs } from '../properties.ts';

const bootImage = readFileSync('/usr/lib/grub/i386-pc/boot.img');
const existing = encodeProtectiveMbr(2 ** 32);
existing.set([1, 2, 3, 4], 440);
const room = 2 ** 20;

test('the sector is boot.img with the LBA and the old partition table', (t) => {
  const sector = makeBootSector(bootImage, existing, 0x1_2345_6789);
  t.is(sector.length, 512);
  t.is(Buffer.from(sector).readBigUInt64LE(0x5c), 0x1_2345_6789n);
  t.deepEqual([...sector.subarray(0x64, 0x68)], [0xff, bootImage[0x65], 0x90, 0x90]);
  t.deepEqual(sector.subarray(440), existing.subarray(440));
  const changed = [...sector.subarray(0, 440).keys()].filter((at) => sector[at] !== bootImage[at]);
  t.true(changed.every((at) => (at >= 0x5c && at < 0x64) || at === 0x66 || at === 0x67));
  t.is(readFileSync('/usr/lib/grub/i386-pc/boot.img').compare(bootImage), 0, 'the input is left alone');
});

test('every changed byte of the boot code is found', (t) => {
  const sector = makeBootSector(bootImage, existing, 2048);
  t.deepEqual(bootSectorFaults(sector, bootImage, 2048), []);
  t.is(bootSectorFaults(sector, bootImage, 2049).length, 1);
  fc.assert(
    fc.property(fc.nat(439), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const copy = Uint8Array.from(sector);
      copy[at] = (copy[at] as number) ^ change;
      t.deepEqual(bootSectorFaults(copy, bootImage, 2048), [
        `the boot code differs from boot.img at byte ${at}`,
      ]);
    }),
    { numRuns: runs(200) },
  );
  t.is(bootSectorFaults(new Uint8Array(512), bootImage, 2048).length, 1);
});

test('wrong inputs are refused', (t) => {
  t.throws(() => makeBootSector(new Uint8Array(512), existing, 2048), { code: 'boot-image-invalid' });
  t.throws(() => makeBootSector(bootImage, new Uint8Array(512), 2048), { code: 'boot-sector-missing' });
  t.throws(() => makeBootSector(bootImage, existing, 0), { code: 'core-lba-invalid' });
  t.throws(() => placeCoreImage(new Uint8Array(100), 2048, room), { code: 'core-image-invalid' });
  t.throws(() => placeCoreImage(new Uint8Array(2048), 2048, room), { code: 'core-image-invalid' });
});

test("grub-mkimage's core image gets its block list, and nothing else changes", (t) => {
  const file = join(temporaryFolder(t), 'core.img');
  tool(
    'grub-mkimage',
    '-O',
    'i386-pc',
    '-p',
    '(,gpt2)/EFI/debian',
    '-o',
    file,
    'biosdisk',
    'part_gpt',
    'fat',
    'normal',
  );
  const core = readFileSync(file);
  const placed = placeCoreImage(core, 2048, room);
  t.is(placed.length % 512, 0);
  t.true(placed.length - core.length < 512);
  const view = Buffer.from(placed.buffer);
  t.is(view.readBigUInt64LE(500), 2049n);
  t.is(view.readUInt16LE(508), placed.length / 512 - 1);
  t.is(view.readUInt16LE(510), 0x820);
  t.deepEqual(view.subarray(0, 500), core.subarray(0, 500));
  t.deepEqual(view.subarray(512, core.length), core.subarray(512));
  t.deepEqual(coreImageFaults(placed, core, 2048), []);
  t.deepEqual(coreImageFaults(placed.subarray(0, 1024), core, 2048), [
    'core.img on the disk differs at byte 1024',
  ]);
  t.throws(() => placeCoreImage(core, 2048, core.length - 1), { code: 'core-image-too-large' });
  // What grub-bios-setup itself would write: already placed images are placed again alike.
  writeFileSync(file, placed);
  t.deepEqual(placeCoreImage(readFileSync(file), 2048, room), placed);
});
