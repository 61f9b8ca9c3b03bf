/** Packed images are unpacked whole or not at all, in whatever pieces they come. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { type Packing, packingOf } from '../../../src/media/packed/kind.ts';
import { unpacked } from '../../../src/media/packed/unpack.ts';
import { runs } from '../../properties.ts';

const host = linuxHost();
const contents = [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(700_000, 'text'), randomBytes(300_000)];
const pack: Record<Exclude<Packing, 'none'>, (bytes: Buffer) => Buffer> = {
  gz: (bytes) => gzipSync(bytes),
  xz: (input) => execFileSync('xz', ['--compress', '--stdout', '-0'], { input, maxBuffer: 2 ** 26 }),
  zst: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
};
const packings = ['gz', 'xz', 'zst'] as const;
const members = Object.fromEntries(
  packings.map((packing) => [packing, contents.map(pack[packing])]),
) as Record<Packing, Buffer[]>;

/** Always the same memory: what is not used before the next piece is asked for is lost. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const memory = new Uint8Array(size);
  for (let position = 0; position < bytes.length; position += size) {
    const piece = bytes.subarray(position, position + size);
    memory.set(piece);
    yield memory.subarray(0, piece.length);
    memory.fill(0xaa);
  }
}

async function unpack(packing: Packing, bytes: Uint8Array, size = 50_000): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of unpacked(host, { packing, name: 'disk.img', bytes: pieces(bytes, size) }))
    parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

for (const packing of packings) {
  test(`property: ${packing}, of several members, in pieces of any size`, async (t) => {
    const some = fc.array(fc.nat(contents.length - 1), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(some, fc.constantFrom(777, 4096, 65_536, 1_000_000), async (indexes, size) => {
        const bytes = Buffer.concat(indexes.map((index) => members[packing][index] ?? Buffer.alloc(0)));
        t.is(packingOf(bytes), packing);
        const wanted = Buffer.concat(indexes.map((index) => contents[index] ?? Buffer.alloc(0)));
        t.is(Buffer.compare(await unpack(packing, bytes, size), wanted), 0);
      }),
      { numRuns: runs(packing === 'xz' ? 10 : 25) },
    );
  });

  test(`${packing}: cut off, changed, followed by something else, empty`, async (t) => {
    const [, , , random = Buffer.alloc(0)] = members[packing];
    const damaged = { code: 'image-damaged', message: /^disk\.img is damaged or incomplete: \S/ };
    for (const length of [20, 1000, 150_000, random.length - 3])
      await t.throwsAsync(unpack(packing, random.subarray(0, length)), damaged, `${length}`);
    await t.throwsAsync(unpack(packing, Buffer.concat([random, random.subarray(0, 100_000)])), damaged);
    await t.throwsAsync(unpack(packing, Buffer.concat([random, Buffer.from('and more than that')])), damaged);
    const changed = Buffer.from(random);
    changed[150_000] = (changed[150_000] ?? 0) ^ 1;
    await t.throwsAsync(unpack(packing, changed), damaged);
    await t.throwsAsync(unpack(packing, Buffer.alloc(0)), damaged);
  });

  test(`${packing}: what is behind it is read, too, and the source may fail`, async (t) => {
    let read = 0;
    async function* counted() {
      for await (const piece of pieces(members[packing][3] ?? Buffer.alloc(0), 10_000)) {
        read += piece.length;
        yield piece;
      }
    }
    for await (const part of unpacked(host, { packing, name: 'it', bytes: counted() })) t.truthy(part);
    t.is(read, members[packing][3]?.length ?? -1);
    async function* failing() {
      yield* pieces((members[packing][3] ?? Buffer.alloc(0)).subarray(0, 100_000), 10_000);
      throw new Error('the cable');
    }
    await t.throwsAsync(
      async () => {
        for await (const part of unpacked(host, { packing, name: 'it', bytes: failing() })) t.truthy(part);
      },
      { message: 'the cable' },
    );
  });

  test(`${packing}: who has seen enough leaves, and nothing goes on`, async (t) => {
    let closed = false;
    async function* endless() {
      try {
        const [, , , random = Buffer.alloc(0)] = members[packing];
        for (;;) yield* pieces(random, 10_000);
      } finally {
        closed = true;
      }
    }
    for await (const part of unpacked(host, { packing, name: 'it', bytes: endless() })) {
      t.true(part.length > 0);
      break;
    }
    t.true(closed);
  });
}

test('raw bytes pass as they are', async (t) => {
  t.is(packingOf(Buffer.alloc(512)), 'none');
  t.is(packingOf(Buffer.alloc(0)), 'none');
  t.deepEqual(await unpack('none', Buffer.from('raw')), Buffer.from('raw'));
});
