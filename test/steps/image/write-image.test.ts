/** What the disk holds after an image was written to it, and how the steps end that do not come to their end. */
import { gzipSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { handlerOf } from '../../../src/plan/plan.ts';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { fakeHost, SparseBytes } from '../../fakes/host.ts';
import { bmapOf } from '../../formats/bmap-text.ts';
import { runs } from '../../properties.ts';
import { contextOf } from '../context.ts';

const MiB = 2 ** 20;
const disk = '/dev/stick';
const work = '/run/bos/work';
const path = '/images/disk.img';

type WriteImage = Extract<Step, { kind: 'write-image' }>;

function setUp(image: Uint8Array, diskSize: number, change: Partial<WriteImage> = {}) {
  const device = new SparseBytes(diskSize);
  const host = fakeHost({
    files: { [path]: image, [`${work}/x`]: '' },
    devices: { [disk]: device },
    tools: { udevadm: () => undefined },
  });
  const common = { disk, diskSize, work: 'folder:work' };
  const write: WriteImage = {
    ...{ ...common, id: 'write', kind: 'write-image', packing: 'none', size: image.length, least: 0 },
    ...{ image: { from: 'file', path, size: image.length }, bmap: null, sha256: null },
    ...change,
  };
  const steps: Step[] = [
    write,
    { id: 'read', kind: 'read-back-image', disk, work: 'folder:work' },
    { ...common, id: 'ends', kind: 'write-image-ends', sectorSize: 512 },
  ];
  return { host, device, steps, context: contextOf(host, { 'folder:work': work }) };
}

async function perform(step: Step | undefined, context: ReturnType<typeof contextOf>): Promise<void> {
  if (step === undefined) throw new Error('no step');
  await handlerOf(handlers, step).run(step, context);
  await handlerOf(handlers, step).verify?.(step, context);
}

const block = 128 * 1024;
/** An image and what was on the disk, block by block: zeros, or a letter. */
const blocks = (count: number) =>
  fc.array(fc.constantFrom(0, 0x61, 0x62), { minLength: count, maxLength: count });
const bytesOf = (letters: readonly number[], extra = 0) =>
  Buffer.concat([...letters.map((letter) => Buffer.alloc(block, letter)), Buffer.alloc(extra, 'e')]);

test('property: every byte of the image is on the disk, whatever was there, and nothing behind it changes', async (t) => {
  const sizes = fc
    .integer({ min: 1, max: 32 })
    .chain((count) => fc.tuple(blocks(count), blocks(32), fc.constantFrom(0, 1, 700)));
  await fc.assert(
    fc.asyncProperty(sizes, async ([letters, old, extra]) => {
      const image = bytesOf(letters, letters.length < 32 ? extra : 0);
      const { device, steps, context } = setUp(image, 4 * MiB);
      // The ends were wiped by the step before.
      device.write(MiB, bytesOf(old.slice(8, 24)));
      const before = Buffer.from(device.read(0, 4 * MiB));
      for (const step of steps) await perform(step, context);
      const after = Buffer.from(device.read(0, 4 * MiB));
      t.is(Buffer.compare(after.subarray(0, image.length), image), 0);
      t.is(Buffer.compare(after.subarray(image.length), before.subarray(image.length)), 0);
    }),
    { numRuns: runs(25) },
  );
});

test('property: by a block map, what it lists is on the disk, and the rest is as it was', async (t) => {
  const mapped = fc.uniqueArray(fc.nat(31), { minLength: 1 }).map((list) => list.toSorted((a, b) => a - b));
  const both = fc.tuple(blocks(32), blocks(32), mapped, fc.boolean());
  await fc.assert(
    fc.asyncProperty(both, async ([letters, old, list, packed]) => {
      const image = bytesOf(letters);
      const ranges = list.map((index): [number, number] => [index, index]);
      const text = bmapOf(image, { ranges, blockSize: block });
      const file = packed ? gzipSync(image, { level: 1 }) : image;
      const { device, steps, context } = setUp(file, 4 * MiB, {
        ...{ size: image.length, packing: packed ? 'gz' : 'none' },
        bmap: { from: 'text', text },
      });
      device.write(MiB, bytesOf(old.slice(8, 24)));
      const before = Buffer.from(device.read(0, 4 * MiB));
      for (const step of steps) await perform(step, context);
      for (let index = 0; index < 32; index += 1) {
        const wanted = list.includes(index) ? image : before;
        const [start, end] = [index * block, (index + 1) * block];
        t.is(Buffer.compare(device.read(start, block), wanted.subarray(start, end)), 0, `block ${index}`);
      }
    }),
    { numRuns: runs(20) },
  );
});

test('it tells how far it is, and ends at the total', async (t) => {
  const { steps, context } = setUp(Buffer.alloc(20 * MiB, 'x'), 32 * MiB);
  for (const step of steps.slice(0, 2)) {
    context.told.length = 0;
    await perform(step, context);
    const done = context.told.map((event) => event.done);
    t.true(done.length >= 4);
    t.deepEqual(
      done,
      done.toSorted((a, b) => a - b),
    );
    t.is(done.at(-1), context.told.at(-1)?.total);
  }
});

test('where the size is not known it tells how much of the file was read', async (t) => {
  const file = gzipSync(Buffer.alloc(20 * MiB, 'x'), { level: 0 });
  const { steps, context } = setUp(file, 32 * MiB, { packing: 'gz', size: null });
  await perform(steps[0], context);
  t.true(context.told.length >= 4);
  t.true(context.told.every(({ total }) => total === file.length));
});

test('what is written is flushed on the way: progress is no promise, and a cancel is quick', async (t) => {
  const { host, steps, context } = setUp(Buffer.alloc(136 * MiB, 'x'), 140 * MiB);
  await perform(steps[0], context);
  let unsynced = 0;
  for (const { kind, path, detail } of host.effects) {
    if (path !== disk) continue;
    if (kind === 'write') unsynced += Number(detail?.split('+')[1]);
    if (kind === 'sync') unsynced = 0;
    t.true(unsynced <= 64 * MiB);
  }
});

test('a flush that fails on the way is a failure', async (t) => {
  const { host, steps, context } = setUp(Buffer.alloc(72 * MiB, 'x'), 80 * MiB);
  const open = host.files.open.bind(host.files);
  host.files.open = async (file, flags) => {
    const opened = await open(file, flags);
    let syncs = 0;
    if (file === disk)
      opened.sync = async () => {
        syncs += 1;
        if (syncs === 1) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      };
    return opened;
  };
  await t.throwsAsync(perform(steps[0], context), { code: 'EIO' });
});

test('an image that is larger than the disk, seen on the way: nothing behind the disk, nothing of its ends', async (t) => {
  const file = gzipSync(Buffer.alloc(6 * MiB, 'x'));
  const { host, device, steps, context } = setUp(file, 4 * MiB, { packing: 'gz', size: null });
  await t.throwsAsync(perform(steps[0], context), { code: 'image-too-large' });
  t.true(device.read(0, MiB).every((byte) => byte === 0));
  t.true(device.read(3 * MiB, MiB).every((byte) => byte === 0));
  t.false(await host.files.exists(`${work}/start`));
});

test('an image that ends before its table does, or has another size than its index said', async (t) => {
  const image = Buffer.alloc(2 * MiB, 'x');
  const short = setUp(gzipSync(image), 4 * MiB, { packing: 'gz', size: null, least: 3 * MiB });
  await t.throwsAsync(perform(short.steps[0], short.context), {
    code: 'image-truncated',
    message: /has 2097152 bytes instead of at least 3145728$/,
  });
  const other = setUp(gzipSync(image), 4 * MiB, { packing: 'gz', size: 3 * MiB });
  await t.throwsAsync(perform(other.steps[0], other.context), { code: 'image-truncated' });
});

test('stopped: at the next piece, and the disk is closed', async (t) => {
  for (const index of [0, 1]) {
    const { host, steps, context } = setUp(Buffer.alloc(3 * MiB, 'x'), 4 * MiB);
    if (index === 1) await perform(steps[0], context);
    const start = host.effects.length;
    await t.throwsAsync(perform(steps[index], { ...context, signal: AbortSignal.abort() }), {
      instanceOf: Error,
    });
    const effects = host.effects.slice(start).filter(({ path: of }) => of === disk);
    t.false(effects.some(({ kind }) => kind === 'write'));
    t.is(
      effects.filter(({ kind }) => kind === 'open').length,
      effects.filter(({ kind }) => kind === 'close').length,
    );
  }
});
