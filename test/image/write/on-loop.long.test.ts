/**
 * Images written to real block devices: loop devices over files. Needs root. Other tools judge what is on the disk, and
 * that nothing is on it where the image did not come to its end.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { probeMachine } from '../../../src/disk/probe/probe.ts';
import type { OpsError } from '../../../src/errors.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import type { WriteRequest } from '../../../src/image/write/request.ts';
import { imageDisk, prepareWrite, writeImageTo } from '../../../src/image/write/write.ts';
import type { Event } from '../../../src/plan/events.ts';
import { attachLoop } from '../../disk/loop-device.ts';
import { serveRanges } from '../../fakes/range-server.ts';
import { bmapOf } from '../../formats/bmap-text.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { whyNoLoopDisk } from '../../install/whole-disk/loop-plans.ts';

const host = linuxHost();
const MiB = 2 ** 20;
const missing = await whyNoLoopDisk(['sgdisk', 'xz', 'wipefs']);
if (missing !== undefined) console.warn(`skipped, no real disk to write to: ${missing}`);
const real = missing === undefined ? test.serial : test.serial.skip;

/** A GPT with one partition; random, then zeros, then random. */
function makeImage(folder: string, size: number, sectorSize = 512): Buffer {
  const path = join(folder, 'made.img');
  writeFileSync(path, Buffer.alloc(size));
  if (sectorSize === 512) tool('sgdisk', '-n', '1:2048:0', '-c', '1:something', path);
  else {
    const { device, detach } = attachLoop(path, [`--sector-size=${sectorSize}`]);
    try {
      tool('sgdisk', '-n', '1:256:0', device);
    } finally {
      detach();
    }
  }
  const image = readFileSync(path);
  for (const [start, end] of [
    [1, 5],
    [size / MiB - 4, size / MiB - 2],
  ] as const)
    randomBytes((end - start) * MiB).copy(image, start * MiB);
  writeFileSync(path, image);
  return image;
}

/** A disk that was in use for long: no byte of it is zero by chance alone. */
function loopDisk(t: ExecutionContext, size: number, sectorSize = 512) {
  const folder = temporaryFolder(t);
  const file = join(folder, 'disk');
  writeFileSync(file, randomBytes(size));
  const { device, detach } = attachLoop(file, [`--sector-size=${sectorSize}`]);
  t.teardown(detach);
  const content = () => {
    tool('sync', device);
    return readFileSync(file);
  };
  return { device, folder, content };
}

interface Options {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: Event) => void;
  readonly host?: Host;
}

async function write(image: string, device: string, more: Partial<WriteRequest> = {}, options: Options = {}) {
  const { signal = new AbortController().signal, onEvent = () => {} } = options;
  const machine = options.host ?? host;
  const request = { image, device, force: true, insecure: true, silent: true, dryRun: false, ...more };
  const facts = await probeMachine(host, { loops: true });
  const target = imageDisk(facts, request, { force: true, cards: [] });
  const prepared = await prepareWrite(machine, request, target, { signal });
  await writeImageTo(machine, request, prepared, { emit: onEvent, signal });
  return prepared;
}

/** Neither a firmware nor a tool finds anything. */
function isPlainlyEmpty(t: ExecutionContext, device: string, content: Buffer): void {
  t.is(tool('wipefs', '--parsable', device).trim(), '', 'no signature');
  t.true(
    content.subarray(0, MiB).every((byte) => byte === 0),
    'nothing in the first MiB',
  );
  t.true(
    content.subarray(-MiB).every((byte) => byte === 0),
    'nothing in the last MiB',
  );
}

const same = (t: ExecutionContext, content: Buffer, image: Buffer) =>
  t.is(Buffer.compare(content.subarray(0, image.length), image), 0, 'the disk holds the image');

const packed: Readonly<Record<string, (image: Buffer) => Buffer>> = {
  'disk.img': (image) => image,
  'disk.img.gz': (image) =>
    Buffer.concat([gzipSync(image.subarray(0, 3 * MiB)), gzipSync(image.subarray(3 * MiB))]),
  'disk.img.xz': (input) => execFileSync('xz', ['-0', '--stdout'], { input, maxBuffer: 2 ** 26 }),
  'disk.img.zst': (image) =>
    Buffer.concat([zstdCompressSync(image.subarray(0, 7 * MiB)), zstdCompressSync(image.subarray(7 * MiB))]),
  // What it is called says nothing.
  'disk.raw': (image) => gzipSync(image),
};
for (const [name, pack] of Object.entries(packed))
  real(`${name}: every byte of it is on the disk, zeros too, and read back`, async (t) => {
    const { device, folder, content } = loopDisk(t, 24 * MiB);
    const image = makeImage(folder, 16 * MiB);
    writeFileSync(join(folder, name), pack(image));
    const events: Event[] = [];
    await write(join(folder, name), device, {}, { onEvent: (event) => void events.push(event) });
    same(t, content(), image);
    t.regex(tool('sgdisk', '--print', device), /something/);
    t.deepEqual(
      events.flatMap((event) => (event.type === 'step-end' && event.ok ? [event.id] : [])),
      ['check-target', 'wipe-signatures', 'write-image', 'read-back', 'write-ends'],
    );
    t.true(events.some((event) => event.type === 'progress' && event.id === 'write-image'));
    t.deepEqual(
      (await host.files.list('/run/bos')).filter((one) => /^opsctl-image|loop/.test(one)),
      [],
    );
  });

real('an image of the size of the disk: found by nobody until all of it was read back', async (t) => {
  const { device, folder, content } = loopDisk(t, 16 * MiB);
  const image = makeImage(folder, 16 * MiB);
  const judged: string[] = [];
  const onEvent = (event: Event) => {
    if (event.type !== 'step-end' || event.id === 'check-target') return;
    const found = tool('wipefs', '--parsable', device).trim();
    judged.push(`${event.id}: ${found === '' ? 'empty' : 'something'}`);
  };
  await write(join(folder, 'made.img'), device, {}, { onEvent });
  t.deepEqual(judged, [
    'wipe-signatures: empty',
    'write-image: empty',
    'read-back: empty',
    'write-ends: something',
  ]);
  same(t, content(), image);
  t.regex(tool('sgdisk', '--verify', device), /No problems found/);
});

real('a block map beside the image: what it lists, and nothing else, is written', async (t) => {
  const { device, folder, content } = loopDisk(t, 24 * MiB);
  const image = makeImage(folder, 16 * MiB);
  writeFileSync(
    join(folder, 'made.img.bmap'),
    bmapOf(image, {
      ranges: [
        [0, 511],
        [1024, 1151],
        [3072, 4095],
      ],
    }),
  );
  const before = content();
  const { image: looked } = await write(join(folder, 'made.img'), device);
  t.is(looked.bmap?.map.ranges.length, 3);
  const after = content();
  for (const [start, end] of [
    [0, 2 * MiB],
    [4 * MiB, 4.5 * MiB],
    [12 * MiB, 16 * MiB],
  ] as const)
    t.is(Buffer.compare(after.subarray(start, end), image.subarray(start, end)), 0);
  t.is(
    Buffer.compare(after.subarray(7 * MiB, 11 * MiB), before.subarray(7 * MiB, 11 * MiB)),
    0,
    'not written',
  );
  // The same, packed, with the map of the unpacked image; and without it.
  writeFileSync(join(folder, 'made.img.gz'), gzipSync(image));
  t.is((await write(join(folder, 'made.img.gz'), device)).image.bmap?.map.ranges.length, 3);
  await write(join(folder, 'made.img'), device, { bmap: false });
  same(t, content(), image);
});

real('a block map of another version of the image: broken, and nothing is found', async (t) => {
  const { device, folder, content } = loopDisk(t, 24 * MiB);
  const image = makeImage(folder, 16 * MiB);
  writeFileSync(join(folder, 'made.img.bmap'), bmapOf(randomBytes(image.length), { ranges: [[0, 4095]] }));
  const error = await t.throwsAsync(write(join(folder, 'made.img'), device), { code: 'bmap-checksum' });
  t.like(error, { kind: 'broken' });
  isPlainlyEmpty(t, device, content());
});

real('over http: answers that are cut, with ranges and without', async (t) => {
  const { device, folder, content } = loopDisk(t, 24 * MiB);
  const image = makeImage(folder, 16 * MiB);
  const server = await serveRanges(image, { cutAfter: 3 * MiB, cuts: 4, etag: '"1"' });
  t.teardown(() => server.close());
  const patient = { ...host, clock: { ...host.clock, sleep: async () => {} } };
  const { image: looked } = await write(`${server.url}?token=secret`, device, {}, { host: patient });
  t.notRegex(looked.name, /secret/);
  same(t, content(), image);
  t.true(server.cut() === 4);
  server.change(gzipSync(image), { cutAfter: 2 * MiB, cuts: 2, ranges: false, etag: '"2"' });
  await write(server.url, device, {}, { host: patient });
  same(t, content(), image);
});

real('a server that announces more than it has, or another image than its checksum', async (t) => {
  const { device, folder, content } = loopDisk(t, 24 * MiB);
  const image = makeImage(folder, 16 * MiB);
  const patient = { ...host, clock: { ...host.clock, sleep: async () => {} } };
  const server = await serveRanges(image, { claims: 20 * MiB });
  t.teardown(() => server.close());
  const lying = await t.throwsAsync(write(server.url, device, {}, { host: patient }), {
    code: 'url-unreachable',
    message: /Content-Length mismatch.*gave up after 8 attempts$/,
  });
  t.like(lying, { kind: 'broken' });
  isPlainlyEmpty(t, device, content());
  // It announces less: the table of the image knows better.
  server.change(image, { claims: 10 * MiB });
  await t.throwsAsync(write(server.url, device, { force: false }, { host: patient }), {
    code: 'image-truncated',
  });
  server.change({
    paths: { '/bos.iso': image, '/bos.iso.sha256': Buffer.from(`${sha256Of('other')}  bos.iso\n`) },
  });
  await t.throwsAsync(write(server.url, device, {}, { host: patient }), { code: 'iso-digest' });
  isPlainlyEmpty(t, device, content());
  await write(server.url, device, { sha256: sha256Of(image) }, { host: patient });
  same(t, content(), image);
});

real('an archive that is cut off or changed: broken, and nothing is found', async (t) => {
  const { device, folder, content } = loopDisk(t, 16 * MiB);
  const image = makeImage(folder, 16 * MiB);
  for (const [name, pack] of Object.entries(packed)) {
    if (name === 'disk.img') continue;
    const whole = pack(image);
    const changed = Buffer.from(whole);
    changed.fill(0x55, whole.length - 1_000_000, whole.length - 999_900);
    const broken = name.endsWith('zst') ? [whole.subarray(0, -1000)] : [whole.subarray(0, -1000), changed];
    for (const bytes of broken) {
      writeFileSync(join(folder, name), bytes);
      const error = await t.throwsAsync(write(join(folder, name), device), { code: 'image-damaged' }, name);
      t.like(error, { kind: 'broken' });
      t.regex((error as OpsError).hint ?? '', /no partition table: it is empty for every machine/);
      isPlainlyEmpty(t, device, content());
    }
  }
});

real('stopped while it writes, reads back: interrupted, and nothing is found', async (t) => {
  const { device, folder, content } = loopDisk(t, 16 * MiB);
  makeImage(folder, 16 * MiB);
  for (const step of ['write-image', 'read-back']) {
    const stop = new AbortController();
    const onEvent = (event: Event) => {
      if (event.type === 'progress' && event.id === step) stop.abort();
    };
    const error = await t.throwsAsync(
      write(join(folder, 'made.img'), device, {}, { signal: stop.signal, onEvent }),
    );
    t.like(error, { kind: 'interrupted' });
    t.regex(error?.message ?? '', /^Interrupted: what the disk held is lost/);
    isPlainlyEmpty(t, device, content());
  }
});

real('the disk is gone half-way: said so, with what it means', async (t) => {
  const { device, folder } = loopDisk(t, 16 * MiB);
  makeImage(folder, 16 * MiB);
  let writes = 0;
  const pulled: Host = {
    ...host,
    files: {
      ...host.files,
      open: async (path, flags) => {
        const file = await host.files.open(path, flags);
        if (path !== device) return file;
        const guarded = Object.create(file) as typeof file;
        guarded.write = async (offset, data) => {
          writes += 1;
          // The wipe writes, too.
          if (writes > 12) throw Object.assign(new Error('ENXIO'), { code: 'ENXIO' });
          await file.write(offset, data);
        };
        return guarded;
      },
    },
  };
  const error = await t.throwsAsync(write(join(folder, 'made.img'), device, {}, { host: pulled }), {
    code: 'write-failed',
  });
  t.like(error, { kind: 'broken' });
  t.regex(
    error?.message ?? '',
    /^Writing to the target failed: \/dev\/loop\d+: at byte \d+.*: the device is gone$/,
  );
});

real('sectors of 4096 bytes: an image for 512 is refused, one for 4096 is written', async (t) => {
  const { device, folder, content } = loopDisk(t, 24 * MiB, 4096);
  makeImage(folder, 16 * MiB);
  const before = content();
  const error = await t.throwsAsync(write(join(folder, 'made.img'), device), { code: 'image-sector-size' });
  t.like(error, { kind: 'refused' });
  t.regex((error as OpsError).hint ?? '', /Nothing was touched\.$/);
  t.is(Buffer.compare(content(), before), 0);
  const image = makeImage(folder, 16 * MiB, 4096);
  await write(join(folder, 'made.img'), device);
  same(t, content(), image);
  t.regex(tool('sgdisk', '--print', device), /Linux filesystem|8300/);
  const other = loopDisk(t, 24 * MiB, 512);
  await t.throwsAsync(write(join(folder, 'made.img'), other.device), { code: 'image-sector-size' });
});

real('an image that is larger than the disk: before anything where its size is known', async (t) => {
  const { device, folder, content } = loopDisk(t, 8 * MiB);
  const image = makeImage(folder, 16 * MiB);
  const before = content();
  for (const [name, pack] of Object.entries(packed)) {
    writeFileSync(join(folder, name), pack(image));
    await t.throwsAsync(write(join(folder, name), device), { code: 'image-too-large' }, name);
  }
  t.is(Buffer.compare(content(), before), 0);
  // Without a table only the end tells.
  writeFileSync(join(folder, 'longer.gz'), gzipSync(randomBytes(10 * MiB)));
  const error = await t.throwsAsync(write(join(folder, 'longer.gz'), device), { code: 'image-too-large' });
  t.like(error, { kind: 'broken' });
  isPlainlyEmpty(t, device, content());
});

real('a mounted disk, and the image itself, whatever force says', async (t) => {
  const { device, folder } = loopDisk(t, 16 * MiB);
  const image = join(folder, 'made.img');
  makeImage(folder, 8 * MiB);
  tool('mkfs.ext4', '-q', '-F', device);
  const at = join(folder, 'mnt');
  tool('mkdir', at);
  tool('mount', '-o', 'ro', device, at);
  try {
    await t.throwsAsync(write(image, device), { code: 'device-in-use' });
  } finally {
    tool('umount', at);
  }
  await t.throwsAsync(write(join(folder, 'disk'), device), { code: 'image-on-disk' });
});

real('what is not raw is refused with the command that makes it so', async (t) => {
  const { device, folder, content } = loopDisk(t, 8 * MiB);
  const before = content();
  const image = join(folder, 'it');
  tool('qemu-img', 'create', '-q', '-f', 'qcow2', image, '4M');
  const refusal = { code: 'image-container', message: /it is a qcow2 image, not the bytes of a disk$/ };
  const error = await t.throwsAsync(write(image, device), refusal);
  t.regex((error as OpsError).hint ?? '', /`qemu-img convert -f qcow2 -O raw IMAGE disk\.img`/);
  tool('xz', '--keep', image);
  await t.throwsAsync(write(`${image}.xz`, device), {
    code: 'image-container',
    message: /unpacks to is a qcow2/,
  });
  tool('qemu-img', 'create', '-q', '-f', 'vpc', '-o', 'subformat=fixed', image, '4M');
  await t.throwsAsync(write(image, device), { code: 'image-container', message: /is a VHD image/ });
  writeFileSync(image, '');
  await t.throwsAsync(write(image, device), { code: 'image-empty' });
  await t.throwsAsync(write(`${image}.none`, device), { code: 'iso-unreadable' });
  t.is(Buffer.compare(content(), before), 0);
});
