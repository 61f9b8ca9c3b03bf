/**
 * Small images that cost far more than they are: records that go on in many areas, names and links without end,
 * folders in folders. Met on CDs and as downloads; each ends soon, with a plain refusal, or is read.
 */
import test from 'ava';
import { errorCode } from '../../../src/errors.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import { handMade } from './hand-made.ts';

const sectorSize = 2048;
/** Far more than any of them takes, far less than what grows faster than the image. */
const patienceMs = 30_000;

const both32 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value, 0);
  bytes.writeUInt32BE(value, 4);
  return bytes;
};
const field = (signature: string, content: Uint8Array) =>
  Buffer.concat([Buffer.from(signature), Buffer.of(4 + content.length, 1), content]);
const goesOn = (sector: number) =>
  field('CE', Buffer.concat([both32(sector), both32(0), both32(sectorSize)]));

/** A directory record (ECMA-119, 9.1) of a file, or of a folder when `folder` says where it lies. */
function record(name: string, use: Uint8Array, folder?: { readonly sector: number; readonly size: number }) {
  const fixed = Buffer.alloc(33);
  both32(folder?.sector ?? 28).copy(fixed, 2);
  both32(folder?.size ?? 10).copy(fixed, 10);
  fixed[25] = folder === undefined ? 0 : 2;
  fixed[28] = 1;
  fixed[32] = name.length;
  const pad = Buffer.alloc(name.length % 2 === 0 ? 1 : 0);
  const whole = Buffer.concat([fixed, Buffer.from(name, 'latin1'), pad, use]);
  whole[0] = whole.length + (whole.length % 2);
  return Buffer.concat([whole, Buffer.alloc(whole.length % 2)]);
}

/** Records as sectors, none of which a record crosses. */
function sectors(records: readonly Uint8Array[]): Buffer {
  const parts: Buffer[] = [];
  let current = Buffer.alloc(0);
  const end = () => parts.push(Buffer.concat([current, Buffer.alloc(sectorSize - current.length)]));
  for (const one of records) {
    if (current.length + one.length > sectorSize) {
      end();
      current = Buffer.alloc(0);
    }
    current = Buffer.concat([current, one]);
  }
  end();
  return Buffer.concat(parts);
}

/** An image whose root holds these records, with areas that continue them from sector 100 on. */
function imageOf(records: readonly Uint8Array[], areas: readonly Uint8Array[], sectorCount = 1000): Buffer {
  const image = Buffer.alloc(sectorCount * sectorSize);
  image.set(handMade({ fields: true, sharing: { before: 0, skip: 0 } }));
  const root = 24 * sectorSize;
  const self = image.subarray(root, root + (image[root] ?? 0));
  const parent = image.subarray(root + self.length, root + self.length + (image[root + self.length] ?? 0));
  const folder = sectors([Buffer.from(self), Buffer.from(parent), ...records]);
  const place = 200;
  image.set(folder, place * sectorSize);
  // Where the root lies and how long it is, in the volume descriptor (8.4.18) and in its own first record.
  for (const start of [16 * sectorSize + 156, place * sectorSize]) {
    both32(place).copy(image, start + 2);
    both32(folder.length).copy(image, start + 10);
  }
  for (const [index, area] of areas.entries()) image.set(area, (100 + index) * sectorSize);
  return image;
}

const many = (count: number, use: Uint8Array) =>
  Array.from({ length: count }, (_, index) => record(`F${index}`, use));
const filled = (one: Buffer, last?: Buffer) => {
  const room = sectorSize - (last?.length ?? 0);
  return Buffer.concat([...Array(Math.floor(room / one.length)).fill(one), ...(last ? [last] : [])]);
};
/** Areas that lead from one to the next, `count` of them. */
const chain = (one: Buffer, count: number) =>
  Array.from({ length: count }, (_, index) =>
    filled(one, index + 1 < count ? goesOn(101 + index) : undefined),
  );

const shortName = field('NM', Buffer.from('\0n'));
const parts = field('SL', Buffer.concat([Buffer.of(0), Buffer.alloc(240, Buffer.of(0x02, 0))]));
const moved = field('CL', both32(200));

const hostile: Readonly<Record<string, readonly [image: Buffer, code: string | undefined]>> = {
  'a name in thousands of pieces': [imageOf(many(1, goesOn(100)), chain(shortName, 32)), 'iso-invalid'],
  'many such names': [imageOf(many(5000, goesOn(100)), chain(shortName, 6)), 'iso-invalid'],
  'names that are just not too long': [imageOf(many(5000, goesOn(100)), chain(shortName, 2)), 'iso-invalid'],
  'a record that goes on in itself': [
    imageOf(many(50, goesOn(100)), [filled(shortName, goesOn(100))]),
    'iso-invalid',
  ],
  'a link in thousands of parts': [imageOf(many(1, goesOn(100)), chain(parts, 8)), 'iso-invalid'],
  'many such links': [imageOf(many(5000, goesOn(100)), chain(parts, 2)), 'iso-invalid'],
  'a folder that was moved into itself': [imageOf(many(5000, moved), []), 'iso-invalid'],
  'all folders are one': [
    imageOf(
      Array.from({ length: 3000 }, (_, index) =>
        record(`D${index}`, Buffer.alloc(0), { sector: 200, size: 4096 }),
      ),
      [],
    ),
    'iso-invalid',
  ],
  'a folder larger than the image': [
    imageOf([record('D', Buffer.alloc(0), { sector: 300, size: 15 * 2 ** 20 })], []),
    'iso-invalid',
  ],
  ...Object.fromEntries(
    ['.', '..', 'a/b', '../x', 'a\0b'].map((name) => [
      `a file that is called ${JSON.stringify(name)}`,
      [imageOf(many(1, field('NM', Buffer.from(`\0${name}`))), []), 'iso-invalid'],
    ]),
  ),
  'a file of two dots and one letter': [imageOf(many(1, field('NM', Buffer.from('\0..x'))), []), undefined],
  'a long name as people have them': [
    imageOf(many(100, field('NM', Buffer.from(`\0${'n'.repeat(200)}`))), []),
    undefined,
  ],
};

for (const [name, [image, code]] of Object.entries(hostile)) {
  test(`${name}: ${code === undefined ? 'it is read' : 'refused soon'}`, async (t) => {
    t.true(image.length <= 2 * 2 ** 20);
    // Of this processor: the machine may have other things to do.
    const { user } = process.cpuUsage();
    const all = async () => {
      const iso = await openIso(fromBytes(image), 'it');
      for (const path of ['user-data', 'meta-data', 'config', 'F0/x/y']) await iso.stat(path);
      for await (const _ of iso.walk());
    };
    const found = await all().then(() => undefined, errorCode);
    t.is(found, code);
    t.true((process.cpuUsage().user - user) / 1000 < patienceMs);
  });
}
