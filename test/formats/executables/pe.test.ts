/** EFI programs, kernel images and Apple's partition map: what real ones say, and that no bytes do harm. */
import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { linuxVersion } from '../../../src/formats/executables/linux-image.ts';
import { decodePe } from '../../../src/formats/executables/pe.ts';
import { decodeApm } from '../../../src/formats/partition-tables/apm.ts';
import { efiProgram, kernelImage } from '../../iso/media.ts';
import { runs } from '../../properties.ts';
import { damaged } from '../support.ts';

test('a program of GRUB that Debian built is read', async (t) => {
  const program = '/usr/lib/grub/x86_64-efi/monolithic/grubx64.efi';
  t.true(existsSync(program), `${program}: run "make setup"`);
  const found = await decodePe(fromBytes(readFileSync(program)));
  t.is(found?.machine, 'x86_64');
  t.false(found?.signed);
  t.true(found?.sbat.includes('grub'));
});

test('signed and not', async (t) => {
  t.deepEqual(await decodePe(fromBytes(efiProgram(true, 'shim'))), {
    machine: 'x86_64',
    signed: true,
    sbat: ['shim'],
  });
  t.false((await decodePe(fromBytes(efiProgram(false, 'shim'))))?.signed);
  // A certificate that is cut off is none.
  t.false((await decodePe(fromBytes(efiProgram(true, 'shim').subarray(0, 4000))))?.signed);
});

test('what is none of these is undefined', async (t) => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(100), Buffer.alloc(100_000), Buffer.from('MZ')]) {
    t.is(await decodePe(fromBytes(bytes)), undefined);
    t.is(await linuxVersion(fromBytes(bytes)), undefined);
    t.is(await decodeApm(fromBytes(bytes)), undefined);
  }
});

test("a kernel's version", async (t) => {
  t.is(await linuxVersion(fromBytes(kernelImage('6.1.0-40-amd64 (x) #1'))), '6.1.0-40-amd64 (x) #1');
  t.is(await linuxVersion(fromBytes(kernelImage('6.1\x1b[2J'))), undefined);
  t.is(await linuxVersion(fromBytes(kernelImage('6.1').subarray(0, 0x3100))), undefined);
});

test('property: damage is survived', async (t) => {
  const program = efiProgram(true, 'shim');
  const map = Buffer.alloc(16_384);
  map.write('ER', 0, 'latin1');
  map.writeUInt16BE(2048, 2);
  for (const number of [1, 2]) {
    map.write('PM', number * 2048, 'latin1');
    map.writeUInt32BE(2, number * 2048 + 4);
    map.write(`name${number}`, number * 2048 + 16, 'latin1');
  }
  t.deepEqual(
    (await decodeApm(fromBytes(map)))?.partitions.map(({ name }) => name),
    ['name1', 'name2'],
  );
  const spots = fc.oneof(fc.nat(512), fc.nat(3000));
  await fc.assert(
    fc.asyncProperty(
      damaged(program, spots),
      damaged(map, spots),
      fc.uint8Array({ maxLength: 700 }),
      async (...all) => {
        for (const bytes of all) {
          await decodePe(fromBytes(bytes));
          await decodeApm(fromBytes(bytes));
          await linuxVersion(fromBytes(bytes));
        }
      },
    ),
    { numRuns: runs(300) },
  );
});
