/** Images made by qemu-img, read by our reader: what qemu-img reads is the judge. And damaged ones, and others' features. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../../src/errors.ts';
import { type ByteRange, endOf } from '../../../src/formats/byte-range.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { isQcow2, readQcow2Header } from '../../../src/formats/disk-images/qcow2-header.ts';
import { openQcow2 } from '../../../src/formats/disk-images/qcow2-reader.ts';
import { runs } from '../../properties.ts';
import { collected, damaged, onlyRefuses, temporaryFolder, tool } from '../support.ts';

const size = 3 * 2 ** 20 + 512;

/** Text that packs well, noise that does not, a hole, and the last sector. */
function disk(): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.fill('text ', 0, 200_000);
  for (let index = 0; index < 300_000; index += 1)
    bytes[2 ** 20 + index] = (index * 7919 * (index % 251)) >> 3;
  bytes.fill('the end', size - 512);
  return bytes;
}

/** `disk` as qemu-img converts it. */
function converted(t: ExecutionContext, ...options: string[]): Buffer {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'raw'), disk());
  tool(
    'qemu-img',
    'convert',
    '-f',
    'raw',
    '-O',
    'qcow2',
    ...options,
    join(folder, 'raw'),
    join(folder, 'image'),
  );
  return readFileSync(join(folder, 'image'));
}

async function runsOf(image: Buffer): Promise<ByteRange[]> {
  return collected((await openQcow2(fromBytes(image))).runs());
}

const reads = test.macro(async (t, ...options: string[]) => {
  const image = converted(t, ...options);
  t.true(isQcow2(image));
  const wanted = disk();
  const found = await openQcow2(fromBytes(image));
  t.is(found.size, size);
  t.true(wanted.equals(await found.read(0, size + 5)), 'all of it, and nothing behind its end');
  for (const [offset, length] of [
    [65535, 2],
    [2 ** 20 - 7, 200_000],
    [size - 3, 9],
    [size, 1],
    [511, 1030],
  ] as const)
    t.true(wanted.subarray(offset, offset + length).equals(await found.read(offset, length)), `${offset}`);
  const runs = await runsOf(image);
  const outside = Buffer.from(wanted);
  for (const run of runs) outside.fill(0, run.offset, endOf(run));
  t.true(
    outside.every((byte) => byte === 0),
    'what is in no run is zero',
  );
  t.true(runs.every((run, index) => index === 0 || endOf(runs[index - 1] ?? run) < run.offset));
  t.true(endOf(runs.at(-1) ?? { offset: 0, length: 0 }) <= size);
});
for (const bits of [9, 12, 16, 21])
  test(`version 3, clusters of 2^${bits}`, reads, '-o', `cluster_size=${2 ** bits}`);
test('version 2', reads, '-o', 'compat=0.10');
test('version 2, compressed', reads, '-c', '-o', 'compat=0.10');
test('compressed by deflate', reads, '-c');
test('compressed by deflate, small clusters', reads, '-c', '-o', 'cluster_size=512');
test('compressed by zstd', reads, '-c', '-o', 'compression_type=zstd');
test('compressed by zstd, large clusters', reads, '-c', '-o', 'compression_type=zstd,cluster_size=2M');
test('everything allocated', reads, '-o', 'preallocation=full');
test('lazy refcounts, closed properly', reads, '-o', 'lazy_refcounts=on');

test('a disk of many L2 tables, read here and there', async (t) => {
  const folder = temporaryFolder(t);
  const image = join(folder, 'image');
  tool('qemu-img', 'create', '-f', 'qcow2', '-o', 'cluster_size=4K', image, '8G');
  for (const where of ['0', '3G', '8191M'])
    tool('qemu-io', '-f', 'qcow2', '-c', `write -P 7 ${where} 4K`, image);
  const bytes = readFileSync(image);
  const found = await openQcow2(fromBytes(bytes), 'write');
  t.deepEqual(await found.read(3 * 2 ** 30 - 1, 2), Uint8Array.of(0, 7));
  t.deepEqual(
    (await runsOf(bytes)).map(({ offset, length }) => [offset / 2 ** 20, length]),
    [
      [0, 4096],
      [3072, 4096],
      [8191, 4096],
    ],
  );
});

test('clusters that are zero by their flag, and such as were written twice', async (t) => {
  const folder = temporaryFolder(t);
  const image = join(folder, 'image');
  writeFileSync(image, converted(t, '-o', 'cluster_size=4K'));
  const commands = ['write -z 0 64K', 'write -P 9 32K 4K', 'discard 1M 64K'].flatMap((command) => [
    '-c',
    command,
  ]);
  tool('qemu-io', '-f', 'qcow2', ...commands, image);
  const raw = join(folder, 'again');
  tool('qemu-img', 'convert', '-O', 'raw', image, raw);
  const found = await openQcow2(fromBytes(readFileSync(image)));
  t.true(readFileSync(raw).equals(await found.read(0, size)));
});

test('a range is found where it lies, and what is written there is in the disk', async (t) => {
  const folder = temporaryFolder(t);
  const image = converted(t, '-o', 'cluster_size=4K');
  const found = await openQcow2(fromBytes(image), 'write');
  const range = { offset: 4096 * 3 + 100, length: 9000 };
  const places = await found.locate(range);
  if (places === undefined) return t.fail();
  t.is(
    places.reduce((sum, { length }) => sum + length, 0),
    range.length,
  );
  let done = 0;
  const marked = Buffer.alloc(range.length, 'new');
  for (const { offset, length } of places) {
    image.set(marked.subarray(done, done + length), offset);
    done += length;
  }
  const path = join(folder, 'image');
  writeFileSync(path, image);
  tool('qemu-img', 'check', path);
  tool('qemu-img', 'convert', '-O', 'raw', path, join(folder, 'raw'));
  const wanted = disk();
  wanted.set(marked, range.offset);
  t.true(wanted.equals(readFileSync(join(folder, 'raw'))));
  t.is(await found.locate({ offset: 2 ** 20 - 512, length: 1024 }), undefined, 'a hole is in it');
  t.is(await found.locate({ offset: size - 5, length: 6 }), undefined, 'it ends behind the disk');
  const packed = await openQcow2(fromBytes(converted(t, '-c')), 'write');
  t.is(await packed.locate({ offset: 0, length: 1 }), undefined, 'it is compressed');
});

const refusal = async (bytes: Uint8Array, use: 'read' | 'write' = 'read') => {
  try {
    await openQcow2(fromBytes(bytes), use);
    return 'opened';
  } catch (error) {
    return error instanceof OpsError ? `${error.kind} ${error.code}: ${error.message}` : String(error);
  }
};

test('what needs another file, a password or another reader is refused, and says so', async (t) => {
  const folder = temporaryFolder(t);
  const path = (name: string) => join(folder, name);
  writeFileSync(path('base'), disk());
  tool('qemu-img', 'create', '-f', 'qcow2', '-b', path('base'), '-F', 'raw', path('overlay'));
  t.regex(await refusal(readFileSync(path('overlay'))), /refused image-unsupported: .*backing file/);
  tool('qemu-img', 'create', '-f', 'qcow2', '-o', `data_file=${path('data')}`, path('external'), '1M');
  t.regex(await refusal(readFileSync(path('external'))), /image-unsupported: .*another file/);
  tool('qemu-img', 'create', '-f', 'qcow2', '-o', 'extended_l2=on', path('extended'), '1M');
  t.regex(await refusal(readFileSync(path('extended'))), /image-unsupported: .*extended L2/);
  const image = converted(t);
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(image);
    copy.writeUInt8(value, at);
    return copy;
  };
  t.regex(await refusal(changed(35, 1)), /image-unsupported: .*encrypted/);
  t.regex(await refusal(changed(7, 4)), /image-unsupported: .*version 4/);
  t.regex(await refusal(changed(79, 1)), /image-damaged: .*not closed properly/);
  t.regex(await refusal(changed(79, 2)), /image-damaged: /);
  t.regex(await refusal(changed(78, 1)), /image-unsupported: .*0x100/);
  t.regex(await refusal(changed(104, 2)), /image-unsupported: .*method 2/);
  t.regex(await refusal(changed(23, 30)), /image-damaged: .*2\^30/);
  t.regex(await refusal(changed(24, 1)), /image-damaged: .*its size/);
  t.regex(await refusal(changed(26, 1)), /image-damaged: .*L1 table has/);
  t.regex(await refusal(changed(43, 1)), /image-damaged: .*does not lie/);
  t.regex(await refusal(Buffer.from('no image')), /image-damaged: .*begin/);
});

test('snapshots and bitmaps can be read, and keep others from writing', async (t) => {
  const image = join(temporaryFolder(t), 'image');
  for (const spoil of [
    ['snapshot', '-c', 'one'],
    ['bitmap', '--add', '-f', 'qcow2'],
  ]) {
    writeFileSync(image, converted(t));
    tool('qemu-img', ...spoil, image, ...(spoil[0] === 'bitmap' ? ['one'] : []));
    const bytes = readFileSync(image);
    t.true(disk().equals(await (await openQcow2(fromBytes(bytes))).read(0, size)));
    t.regex(await refusal(bytes, 'write'), /refused image-unsupported: .*changed in place/);
  }
});

test('tables that lead nowhere, or to each other', async (t) => {
  const image = converted(t, '-o', 'cluster_size=512');
  const { l1Offset, l1Entries } = await readQcow2Header(fromBytes(image));
  const table = Number(image.readBigUInt64BE(l1Offset) & 0xff_ffff_ffff_fe00n);
  const withEntry = (at: number, value: bigint) => {
    const copy = Buffer.from(image);
    copy.writeBigUInt64BE(value, at);
    return openQcow2(fromBytes(copy));
  };
  const code = 'image-damaged';
  const beyond = BigInt(2 ** 40);
  await t.throwsAsync(
    withEntry(l1Offset, beyond).then((found) => found.read(0, 1)),
    { code, message: /ends before/ },
  );
  await t.throwsAsync(
    withEntry(table, beyond).then((found) => found.read(0, 1)),
    { code, message: /cluster begins/ },
  );
  const packed = (1n << 62n) | (beyond - 5n);
  await t.throwsAsync(
    withEntry(table, packed).then((found) => found.read(0, 1)),
    { code, message: /compressed/ },
  );
  await t.throwsAsync(
    withEntry(table, (1n << 62n) | 512n).then((found) => found.read(0, 1)),
    { code, message: /unpacked|has \d+ bytes/ },
  );
  const copy = Buffer.alloc(2 ** 16);
  image.copy(copy, 0, 0, 2 ** 16);
  for (let index = 0; index < Math.min(l1Entries, 96); index += 1)
    copy.writeBigUInt64BE(BigInt(table), l1Offset + index * 8);
  await t.throwsAsync(collected((await openQcow2(fromBytes(copy))).runs()), { code });
});

test('a damaged image is read or refused', async (t) => {
  for (const options of [
    ['-o', 'cluster_size=512'],
    ['-c', '-o', 'compression_type=zstd,cluster_size=4K'],
    ['-c'],
  ]) {
    const image = converted(t, ...options);
    await fc.assert(
      fc.asyncProperty(damaged(image, fc.nat(Math.min(image.length, 40_000) - 1)), async (bytes) => {
        await onlyRefuses(async () => {
          const found = await openQcow2(fromBytes(bytes));
          await found.read(0, 300_000);
          await collected(found.runs());
          await found.locate({ offset: 0, length: 100_000 });
        });
      }),
      { numRuns: runs(150) },
    );
  }
  t.pass();
});
