/** Every format, written from the same disks: what qemu-img and tar make of it is the judge. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { type ByteRange, joined } from '../../../src/formats/byte-range.ts';
import { gceParts } from '../../../src/formats/disk-images/gce.ts';
import { ovaParts } from '../../../src/formats/disk-images/ova.ts';
import { qcow2Parts } from '../../../src/formats/disk-images/qcow2-writer.ts';
import { vhdParts } from '../../../src/formats/disk-images/vhd.ts';
import { vhdxParts } from '../../../src/formats/disk-images/vhdx.ts';
import {
  lengthOf,
  type Part,
  rawParts,
  type VirtualDisk,
  withoutZeros,
} from '../../../src/formats/disk-images/virtual-disk.ts';
import { vmdkParts } from '../../../src/formats/disk-images/vmdk.ts';
import { runs } from '../../properties.ts';
import { temporaryFolder, tool } from '../support.ts';
import { noisyDisk, writeFileOf } from './support.ts';

const [KiB, MiB, GiB] = [2 ** 10, 2 ** 20, 2 ** 30];
const uuid = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const guid = '00112233-4455-4677-8899-aabbccddeeff';

interface Written {
  readonly parts: (disk: VirtualDisk) => AsyncIterable<Part>;
  /** As qemu-img calls it. */
  readonly name: string;
  readonly checked: boolean;
}
const formats: Readonly<Record<string, Written>> = {
  raw: { parts: rawParts, name: 'raw', checked: false },
  qcow2: { parts: qcow2Parts, name: 'qcow2', checked: true },
  vhd: { parts: (disk) => vhdParts(disk, { uuid, time: 1_577_836_800 }), name: 'vpc', checked: false },
  vhdx: { parts: (disk) => vhdxParts(disk, { disk: guid, file: guid }), name: 'vhdx', checked: true },
  vmdk: { parts: (disk) => vmdkParts(disk, { uuid, contentId: 0x1234 }), name: 'vmdk', checked: true },
};

const run = (offset: number, length: number): ByteRange => ({ offset, length });
const disks: Readonly<Record<string, VirtualDisk>> = {
  'nothing in it': noisyDisk(MiB, []),
  'one sector in it': noisyDisk(MiB, [run(512, 512)]),
  'all of it': noisyDisk(2 * MiB, [run(0, 2 * MiB)]),
  'odd runs and an odd size': noisyDisk(70 * MiB + 512, [
    run(0, 512),
    run(64 * KiB - 512, 1024),
    run(33 * MiB + 512, 3 * MiB),
    run(70 * MiB, 512),
  ]),
  '20 GiB with both ends and a bit between': noisyDisk(20 * GiB, [
    run(0, 34 * 512),
    run(4 * GiB - 512, 1024),
    run(9 * GiB + 3 * KiB, 3 * MiB),
    run(20 * GiB - 33 * 512, 33 * 512),
  ]),
};

/** What qemu-img reads is the disk, and of its size. */
async function compared(t: ExecutionContext, disk: VirtualDisk, { parts, name, checked }: Written) {
  const folder = temporaryFolder(t);
  const [raw, image] = [join(folder, 'raw'), join(folder, 'image')];
  await writeFileOf(rawParts(disk), raw);
  await writeFileOf(parts(disk), image);
  const info = JSON.parse(tool('qemu-img', 'info', '-f', name, '--output=json', image));
  t.is(info['virtual-size'], disk.size);
  // qemu-img looks through every hole of a VHDX, which takes a minute for 20 GiB.
  if (name === 'vhdx' && disk.size > GiB) await nearRuns(t, disk, image, name);
  else t.regex(tool('qemu-img', 'compare', '-f', 'raw', '-F', name, raw, image), /identical/);
  if (checked) t.notRegex(tool('qemu-img', 'check', '-f', name, image), /[Ee]rror(?!s were found)|[Ll]eak/);
  return { image, info };
}

/** Only the runs and what is around them. */
async function nearRuns(t: ExecutionContext, disk: VirtualDisk, image: string, name: string) {
  const part = join(temporaryFolder(t), 'part');
  for (const { offset, length } of disk.runs) {
    const first = Math.max(0, Math.floor(offset / MiB) - 1);
    const count = Math.min(Math.ceil(length / MiB) + 3, disk.size / MiB - first);
    tool(
      'qemu-img',
      'dd',
      '-f',
      name,
      '-O',
      'raw',
      `if=${image}`,
      `of=${part}`,
      'bs=1M',
      `skip=${first}`,
      `count=${first + count}`,
    );
    const found = readFileSync(part);
    t.true(found.equals(await disk.source.read(first * MiB, found.length)), `${offset}`);
    t.true(found.length >= length);
  }
}

for (const [format, written] of Object.entries(formats))
  for (const [what, disk] of Object.entries(disks))
    test(`${format}: ${what}`, async (t) => {
      const { image } = await compared(t, disk, written);
      t.true(statSync(image).blocks * 512 < 24 * MiB, 'holes take no room');
    });

const anyDisk: fc.Arbitrary<VirtualDisk> = fc
  .tuple(
    fc.integer({ min: 1, max: 9000 }),
    fc.array(fc.tuple(fc.nat(9000), fc.integer({ min: 1, max: 300 })), { maxLength: 8 }),
  )
  .map(([sectors, rows]) => {
    const inside = rows
      .filter(([first]) => first < sectors)
      .map(([first, count]) => run(first * 512, Math.min(count, sectors - first) * 512));
    return noisyDisk(sectors * 512, joined(inside));
  });

test('any disk', async (t) => {
  await fc.assert(
    fc.asyncProperty(anyDisk, fc.constantFrom(...Object.values(formats)), async (disk, written) => {
      await compared(t, disk, written);
    }),
    { numRuns: runs(12) },
  );
});

/** Of the parts as they come: holes have no bytes to read. */
async function digestOf(parts: AsyncIterable<Part>): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of parts)
    hash.update(part instanceof Uint8Array ? part : `hole of ${lengthOf(part)}`);
  return hash.digest('hex');
}

test('the same disk gives the same bytes', async (t) => {
  const disk = disks['odd runs and an odd size'];
  if (disk === undefined) return t.fail();
  for (const [format, { parts }] of Object.entries(formats))
    t.is(await digestOf(parts(disk)), await digestOf(parts(disk)), format);
});

for (const [what, disk] of Object.entries(disks))
  test(`gce: ${what}`, async (t) => {
    const folder = temporaryFolder(t);
    const archive = join(folder, 'image.tar');
    await writeFileOf(gceParts(disk, 1_577_836_800), archive);
    t.is(statSync(archive).size % 10_240, 0);
    t.regex(
      tool('tar', '--full-time', '--utc', '-tvf', archive),
      /^-rw-r--r-- 0\/0 .*2020-01-01 00:00:00 disk\.raw\n$/,
    );
    tool('tar', '-C', folder, '-xf', archive);
    await writeFileOf(rawParts(disk), join(folder, 'raw'));
    t.is(statSync(join(folder, 'disk.raw')).size, disk.size);
    t.regex(
      tool('qemu-img', 'compare', '-f', 'raw', join(folder, 'raw'), join(folder, 'disk.raw')),
      /identical/,
    );
    tool('rm', join(folder, 'disk.raw'));
    tool('python3', '-c', `import tarfile; tarfile.open("${archive}").extractall("${folder}")`);
    t.true(existsSync(join(folder, 'disk.raw')), 'others read it as well');
  });

test('gce: more runs than a header has room for', async (t) => {
  const folder = temporaryFolder(t);
  for (const count of [3, 4, 5, 24, 25, 26, 60]) {
    const disk = noisyDisk(
      MiB,
      Array.from({ length: count }, (_, index) => run(index * 4096, 512)),
    );
    await writeFileOf(gceParts(disk, 0), join(folder, 'image.tar'));
    tool('tar', '-C', folder, '-xf', join(folder, 'image.tar'));
    t.true(
      Buffer.from(await disk.source.read(0, MiB)).equals(readFileSync(join(folder, 'disk.raw'))),
      `${count}`,
    );
  }
});

test('blocks of zeros are found, and nothing else', async (t) => {
  const zeros = { size: 3 * MiB, read: async (_: number, length: number) => new Uint8Array(length) };
  t.deepEqual(await withoutZeros({ size: 3 * MiB, runs: [run(0, 3 * MiB)], source: zeros }, 64 * KiB), []);
  const disk = noisyDisk(3 * MiB, [run(100 * KiB, 512), run(2 * MiB + 512, 512)]);
  const kept = await withoutZeros({ ...disk, runs: [run(0, 3 * MiB)] }, 64 * KiB);
  t.deepEqual(kept, [run(64 * KiB, 64 * KiB), run(2 * MiB, 64 * KiB)]);
  const short = noisyDisk(MiB + 512, [run(MiB, 512)]);
  t.deepEqual(await withoutZeros(short, 64 * KiB), [run(MiB, 512)]);
});

test('ova: files that everybody may read, the description first', async (t) => {
  const vmdk = Buffer.from('a disk');
  const source = {
    size: vmdk.length,
    read: async (at: number, length: number) => vmdk.subarray(at, at + length),
  };
  const parts = ovaParts({
    ...{ name: 'node', version: '1', size: MiB, vmdk: source, sha256: 'ab'.repeat(32), used: MiB },
    time: 1_577_836_800,
  });
  const file = join(temporaryFolder(t), 'node.ova');
  await writeFileOf(parts, file);
  const rows = tool('tar', '--numeric-owner', '-tvf', file).trim().split('\n');
  t.deepEqual(
    rows.map((row) => `${row.slice(0, 10)} ${row.split(' ').at(-1)}`),
    ['node.ovf', 'node-disk1.vmdk', 'node.mf'].map((name) => `-rw-r--r-- ${name}`),
  );
});
