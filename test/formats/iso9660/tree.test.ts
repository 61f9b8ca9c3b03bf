import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { type ByteSource, fromBytes } from '../../../src/formats/bytes.ts';
import { type Iso, openIso } from '../../../src/formats/iso9660/image.ts';
import { runs } from '../../properties.ts';
import { damaged, fileSource, onlyRefuses, sameBytes, temporaryFolder, tool } from '../support.ts';

const longName = `a-name-that-is-longer-than-what-a-plain-record-holds-${'x'.repeat(160)}.txt`;
const versions = ['bos', 'system', 'kernel', '6.1.0-40-amd64'];

/** An image made by xorriso: links, long names, a file of many sectors, a folder of many records. */
function makeIso(folder: string, ...options: string[]): string {
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, ...versions), { recursive: true });
  writeFileSync(join(tree, ...versions, 'vmlinuz'), Buffer.alloc(100_000, 'kernel '));
  writeFileSync(join(tree, ...versions, longName), 'long');
  symlinkSync('6.1.0-40-amd64', join(tree, 'bos', 'system', 'kernel', 'current'));
  symlinkSync('/bos/system', join(tree, 'absolute'));
  symlinkSync('../bos/./system', join(tree, 'bos', 'relative'));
  symlinkSync('round', join(tree, 'round'));
  symlinkSync(`${'d'.repeat(200)}/${'e'.repeat(200)}`, join(tree, 'long-link'));
  mkdirSync(join(tree, 'many'));
  for (let index = 0; index < 200; index += 1)
    writeFileSync(join(tree, 'many', `file-number-${index}`), `${index}`);
  writeFileSync(join(tree, 'empty'), '');
  const iso = join(folder, 'image.iso');
  tool('xorriso', '-as', 'mkisofs', '-quiet', '-V', 'BOS', ...options, '-o', iso, tree);
  return iso;
}

async function iso(t: ExecutionContext, ...options: string[]): Promise<{ iso: Iso; source: ByteSource }> {
  const source = await fileSource(t, makeIso(temporaryFolder(t), ...options));
  return { iso: await openIso(source), source };
}

async function text(image: Iso, path: string): Promise<string> {
  return Buffer.from(await image.readFile(path)).toString();
}

test('an image of xorriso is read with its long names and links', async (t) => {
  const { iso: image, source } = await iso(t, '-R');
  t.is(image.volumeId, 'BOS');
  t.true(image.size > 100_000 && image.size <= source.size);
  const kernel = versions.join('/');
  t.deepEqual((await image.list(kernel)).map((entry) => [entry.path, entry.type, entry.size]).toSorted(), [
    [`${kernel}/${longName}`, 'file', 4],
    [`${kernel}/vmlinuz`, 'file', 100_000],
  ]);
  t.is(await text(image, `${kernel}/${longName}`), 'long');
  sameBytes(t, await image.readFile(`/${kernel}/vmlinuz`), Buffer.alloc(100_000, 'kernel '));
  t.is((await image.list('many')).length, 200);
  t.is(await text(image, 'many/file-number-137'), '137');
  t.is(await text(image, 'empty'), '');
});

test('links are followed inside the image', async (t) => {
  const { iso: image } = await iso(t, '-R');
  for (const start of ['bos/system', 'absolute', 'bos/relative', 'bos/../bos/relative'])
    t.is((await image.stat(`${start}/kernel/current/vmlinuz`))?.path, `${versions.join('/')}/vmlinuz`);
  t.is(await image.stat('../../bos/nothing'), undefined);
  await t.throwsAsync(image.stat('round'), { code: 'iso-invalid', message: /form a loop/ });
  const links = new Map<string, string | undefined>();
  for (const entry of await image.list('')) links.set(entry.path, entry.target);
  t.is(links.get('absolute'), '/bos/system');
  t.is(links.get('long-link'), `${'d'.repeat(200)}/${'e'.repeat(200)}`);
  t.is((await image.list('bos')).find((entry) => entry.path === 'bos/relative')?.target, '../bos/./system');
});

test('a walk gives what xorriso lists', async (t) => {
  const folder = temporaryFolder(t);
  const file = makeIso(folder, '-R');
  const image = await openIso(await fileSource(t, file));
  const ours: string[] = [];
  for await (const entry of image.walk()) ours.push(`/${entry.path}`);
  const theirs = tool('xorriso', '-indev', file, '-find', '/', '-exec', 'echo', '--')
    .split('\n')
    .filter((line) => line.startsWith("'/") && line !== "'/'")
    .map((line) => line.slice(1, -1));
  t.deepEqual(ours.toSorted(), theirs.toSorted());
});

test('without Rock Ridge the plain names are read, in lower case', async (t) => {
  const { iso: image } = await iso(t, '--norock', '-iso-level', '1');
  const names = (await image.list('many')).map((entry) => entry.path);
  t.is(names.length, 200);
  t.true(names.every((name) => /^many\/[a-z0-9_]{1,8}(\.[a-z0-9_]{1,3})?$/.test(name)));
  t.is(await text(image, names[0] as string), '0');
});

test('a file is a source of its own', async (t) => {
  const { iso: image } = await iso(t, '-R');
  const file = await image.open('bos/system/kernel/current/vmlinuz');
  t.is(file.size, 100_000);
  t.is(
    Buffer.from(await file.read(99_995, 100)).toString(),
    Buffer.alloc(100_000, 'kernel ').toString().slice(-5),
  );
  t.is((await file.read(200_000, 1)).length, 0);
});

test('a file in several extents reads as one', async (t) => {
  const folder = temporaryFolder(t);
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'a'), 'A'.repeat(3000));
  writeFileSync(join(tree, 'b'), 'B'.repeat(3000));
  const file = join(folder, 'image.iso');
  tool('xorriso', '-as', 'mkisofs', '-quiet', '-R', '-o', file, tree);
  const bytes = readFileSync(file);
  // Make one file of two: the record of `a` continues in the next record (ECMA-119 9.1.6).
  const record = bytes.indexOf('\x04A.;1', 'latin1') - 32;
  t.true(record > 0);
  bytes.writeUInt8(bytes.readUInt8(record + 25) | 0x80, record + 25);
  const image = await openIso(fromBytes(bytes));
  const entry = await image.stat('a');
  t.is(entry?.size, 6000);
  t.is(entry?.extents.length, 2);
  t.is(await text(image, 'a'), 'A'.repeat(3000) + 'B'.repeat(3000));
  const part = await (await image.open('a')).read(2998, 4);
  t.is(Buffer.from(part).toString(), 'AABB');
});

test('a file of more than 4 GB, behind the first 4 GB of an image of 9 GB', async (t) => {
  const folder = temporaryFolder(t);
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'a'), 'first');
  writeFileSync(join(tree, 'b'), 'second');
  const file = join(folder, 'image.iso');
  tool('xorriso', '-as', 'mkisofs', '-quiet', '-R', '-o', file, tree);
  const bytes = readFileSync(file);
  const gigabyte = 2 ** 30;
  const size = 9 * gigabyte;
  bytes.writeUInt32LE(size / 2048, 16 * 2048 + 80);
  // The largest extent that there can be, and what is left of 5 GiB (ECMA-119 6.4.1).
  const parts = [0xfffff800, 5 * gigabyte - 0xfffff800];
  const starts = [4 * gigabyte, 4 * gigabyte + 0xfffff800];
  for (const [index, name] of ['A', 'B'].entries()) {
    const record = bytes.indexOf(`\x04${name}.;1`, 'latin1') - 32;
    bytes.writeUInt32LE((starts[index] ?? 0) / 2048, record + 2);
    bytes.writeUInt32LE(parts[index] ?? 0, record + 10);
    if (index === 0) bytes.writeUInt8(0x80, record + 25);
  }
  // Each byte behind the first ones says where it is.
  const source: ByteSource = {
    size,
    read: async (offset, length) =>
      offset < bytes.length
        ? bytes.subarray(offset, offset + length)
        : Uint8Array.from(
            { length: Math.min(length, size - offset) },
            (_, index) => ((offset + index) / 2 ** 20) & 0xff,
          ),
  };
  const image = await openIso(source);
  t.is(image.size, size);
  const entry = await image.stat('a');
  t.is(entry?.size, 5 * gigabyte);
  t.is(entry?.extents.length, 2);
  const whole = await image.open('a');
  for (const at of [0, 100 * 2 ** 20, 0xfffff800 - 1, 5 * gigabyte - 2])
    t.deepEqual(
      [...(await whole.read(at, 2))],
      [0, 1].map((step) => ((4 * gigabyte + at + step) / 2 ** 20) & 0xff),
    );
  t.is((await whole.read(5 * gigabyte, 10)).length, 0);
});

test('missing files and limits are told', async (t) => {
  const { iso: image } = await iso(t, '-R');
  await t.throwsAsync(image.readFile('bos/nothing'), {
    code: 'iso-file-missing',
    message: 'the image has no file /bos/nothing',
  });
  await t.throwsAsync(image.readFile('bos'), { code: 'iso-file-missing' });
  await t.throwsAsync(image.list('empty'), { code: 'iso-file-missing' });
  await t.throwsAsync(image.readFile('bos/system/kernel/current/vmlinuz', 1000), {
    code: 'iso-file-too-large',
  });
});

test('a truncated image is refused with both sizes', async (t) => {
  const file = makeIso(temporaryFolder(t), '-R');
  truncateSync(file, 100 * 2048);
  await t.throwsAsync(openIso(await fileSource(t, file)), {
    code: 'iso-truncated',
    message: /^the image has 204800 bytes instead of \d+$/,
  });
});

test('what is no image is refused', async (t) => {
  for (const size of [0, 100, 32768, 100_000])
    await t.throwsAsync(openIso(fromBytes(new Uint8Array(size))), { code: 'iso-invalid' });
});

test('a folder that contains itself is refused', async (t) => {
  const bytes = readFileSync(makeIso(temporaryFolder(t), '-R'));
  // The root's record in the volume descriptor; the record of `many` is sent back there.
  const root = bytes.subarray(16 * 2048 + 156 + 2, 16 * 2048 + 156 + 10);
  const at = bytes.indexOf(Buffer.from('\x04MANY', 'latin1'));
  root.copy(bytes, at - 32 + 2);
  const image = await openIso(fromBytes(bytes));
  await t.throwsAsync(
    (async () => {
      for await (const _ of image.walk());
    })(),
    { code: 'iso-invalid', message: /contains itself/ },
  );
});

test('damage never throws but a refusal, and never takes for ever', async (t) => {
  const folder = temporaryFolder(t);
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'one', 'two'), { recursive: true });
  writeFileSync(join(tree, 'one', 'two', longName), 'x');
  symlinkSync('two', join(tree, 'one', 'link'));
  const file = join(folder, 'image.iso');
  tool('xorriso', '-as', 'mkisofs', '-quiet', '-R', '-o', file, tree);
  const bytes = readFileSync(file);
  const first = bytes.indexOf('\x03ONE') - 100;
  const spots = fc.oneof(
    fc.integer({ min: 16 * 2048, max: 16 * 2048 + 200 }),
    fc.integer({ min: first, max: first + 3 * 2048 + 512 }),
  );
  await fc.assert(
    fc.asyncProperty(damaged(bytes, spots), async (copy) => {
      await onlyRefuses(async () => {
        const image = await openIso(fromBytes(copy));
        for await (const entry of image.walk()) if (entry.type === 'file') await image.readFile(entry.path);
      });
      await onlyRefuses(async () => (await openIso(fromBytes(copy))).stat('one/link'));
    }),
    { numRuns: runs(300) },
  );
  t.pass();
});
