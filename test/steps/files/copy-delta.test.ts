/** Fetching only what changed: what is asked for, whatever is damaged or lies, from a file and from servers. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { encodeBlockIndex } from '../../../src/formats/block-index.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { blockIndexOf } from '../../../src/media/delta/index-of.ts';
import { openImage } from '../../../src/media/image.ts';
import { copyDelta, deltaStep } from '../../../src/steps/files/copy-delta.ts';
import type { FakeSetup } from '../../fakes/host.ts';
import { type Behaviour, serveRanges } from '../../fakes/range-server.ts';
import { image } from '../../formats/filesystems/squashfs-image.ts';
import { temporaryFolder } from '../../formats/support.ts';
import * as sample from '../cases/delta.ts';
import { contextOf } from '../context.ts';

function ready(setup: FakeSetup = {}) {
  const { host, names } = sample.deltaMachine(setup);
  const said: string[] = [];
  const reads: string[] = [];
  const open = host.files.open;
  host.files.open = async (path, flags) => {
    const file = await open(path, flags);
    const readInto: typeof file.readInto = (offset, target) => {
      if (path === '/isos/bos.iso') reads.push(`${offset}+${target.length}`);
      return file.readInto(offset, target);
    };
    return { ...file, size: file.size, readInto };
  };
  const say = (line: string) => void said.push(line);
  return { host, context: { ...contextOf(host, names), note: say, log: say }, said, reads };
}

const gives = test.macro(
  async (t, setup: FakeSetup, expected: { readonly reads: readonly string[]; readonly said: RegExp }) => {
    const { host, context, said, reads } = ready(setup);
    await copyDelta.run(sample.copyDelta, context);
    t.is(Buffer.compare(await host.files.read(sample.targetFile), sample.newFile), 0);
    t.deepEqual(reads.slice(1), expected.reads);
    t.is(reads[0], `${sample.inIndex(0)}+${sample.newIndex.length}`);
    t.regex(said.join('\n'), expected.said);
    t.is(context.told.at(-1)?.done, sample.newFile.length);
  },
);
const changedParts = [`${sample.inFile(100_000)}+3000`, `${sample.inFile(173_000)}+500`];
const all = [`${sample.inFile(0)}+173500`];
test(
  'only what changed is read of the image',
  gives,
  {},
  { reads: changedParts, said: /fetched 3\.5 kB of 174 kB/ },
);
test(
  'a local block that is damaged is fetched',
  gives,
  { files: { [sample.oldPath]: Buffer.from(sample.oldFile).fill('!', 50, 51) } },
  { reads: [`${sample.inFile(0)}+100000`, ...changedParts], said: /fetched 104 kB/ },
);
test(
  'no old file: all of it',
  gives,
  { files: { [sample.oldPath]: Buffer.alloc(0) } },
  { reads: all, said: /of no use for the new version: .* shorter than a super block/ },
);
test(
  'an old index of another file is not believed, and the file is looked at',
  gives,
  { files: { [`${sample.oldPath}.blocks`]: sample.newIndex } },
  { reads: all, said: /describes another file\n.*does not begin with a squashfs/ },
);
test(
  'an old index that is damaged',
  gives,
  { files: { [`${sample.oldPath}.blocks`]: 'BOSBLKS' } },
  { reads: all, said: /is damaged: .*\n.*of no use/ },
);
test('a new index that does not match the manifest', gives, sample.otherByte(sample.inIndex(60)), {
  reads: all,
  said: /rootfs\.squashfs\.blocks is of no use: it does not match its digest/,
});

/** A new index that is as the manifest says, and lies: its third block is one that the old file has. */
function lyingMachine(damage?: number) {
  const lying = Buffer.concat([
    sample.newFile.subarray(0, 103_000),
    Buffer.alloc(70_000, 'c'),
    Buffer.alloc(500, 'm'),
  ]);
  const says = sample.indexOf(sample.newFile, [100_000, 3000, 70_000, 500]);
  const index = encodeBlockIndex({ ...says, sha256: sha256Of(lying) });
  const iso = Buffer.concat([Buffer.alloc(7, 'x'), lying, Buffer.alloc(3, 'x'), index]);
  if (damage !== undefined) iso[damage] = 0;
  const file = { ...sample.copyDelta.file, sha256: sha256Of(lying) };
  const { index: placed } = sample.copyDelta;
  const step = { ...sample.copyDelta, file, index: placed && { ...placed, sha256: sha256Of(index) } };
  return { step, lying, ...ready({ files: { '/isos/bos.iso': iso } }) };
}

test('an index that lies: all of the file is fetched, once', async (t) => {
  const { step, host, context, said, lying, reads } = lyingMachine();
  await copyDelta.run(step, context);
  t.is(Buffer.compare(await host.files.read(sample.targetFile), lying), 0);
  t.deepEqual(reads.slice(1), [...changedParts, ...all]);
  t.regex(said.join('\n'), /do not give that file; fetching all of it/);
  const own = host.effects.filter(({ path }) => path === sample.targetFile).map(({ kind }) => kind);
  t.is(own.at(-1), 'chmod', 'of the file that stays');
});

test('an index that lies, of a file that is damaged: refused, and the file is removed', async (t) => {
  const { step, host, context, reads } = lyingMachine(sample.inFile(120_000));
  await t.throwsAsync(copyDelta.run(step, context), { code: 'medium-damaged' });
  t.is(reads.filter((read) => read === all[0]).length, 1);
  if (copyDelta.undo.kind === 'none') return t.fail();
  await copyDelta.undo.run(step, context);
  t.is(await host.files.stat(sample.targetFile), undefined);
});

test('an index of another file is of no use', async (t) => {
  const { context, said } = ready();
  const step = { ...sample.copyDelta, file: { ...sample.copyDelta.file, sha256: '0'.repeat(64) } };
  await t.throwsAsync(copyDelta.run(step, context), { code: 'medium-damaged' });
  t.regex(said.join('\n'), /it describes another file/);
});

test('a target that is one of the sources is refused before anything runs', async (t) => {
  const { context, host } = ready();
  const step = { ...sample.copyDelta, locals: [sample.targetFile] };
  await t.throwsAsync(async () => copyDelta.preflight?.(step, context), { code: 'delta-target' });
  t.is(await host.files.stat(sample.targetFile), undefined);
});

test('so is one that a link among the sources leads to', async (t) => {
  const { context, host } = ready({ files: { [sample.targetFile]: 'the system that runs' } });
  const current = '/run/bos/target/bos/system/os/current';
  await host.files.symlink(sample.targetFile, current);
  const step = { ...sample.copyDelta, locals: [current] };
  await t.throwsAsync(async () => copyDelta.preflight?.(step, context), { code: 'delta-target' });
  t.is(await host.files.readText(sample.targetFile), 'the system that runs');
});

test('it stops when it is interrupted', async (t) => {
  const { context } = ready();
  const signal = AbortSignal.abort(new Error('enough'));
  await t.throwsAsync(copyDelta.run(sample.copyDelta, { ...context, signal }), { message: 'enough' });
});

const real = linuxHost();
const waitless = { ...real, clock: { ...real.clock, sleep: async () => {} } };
const noise = 'noise f 644 0 0 head -c 3000000 /bin/busybox';
const options = ['-comp', 'zstd', '-b', '64K', '-mkfs-time', '1', '-all-time', '1', '-p', noise];

/** Two versions of a squashfs, the old one in a file without an index, the new one on a server. */
async function served(t: ExecutionContext, behaviour: Behaviour = {}) {
  const old = image(t, ...options);
  const changed = image(t, ...options, '-p', 'changed f 644 0 0 head -c 200000 /bin/sh');
  const folder = temporaryFolder(t);
  const oldPath = join(folder, 'old.squashfs');
  writeFileSync(oldPath, old);
  const index = encodeBlockIndex(await blockIndexOf(fromBytes(changed)));
  const body = Buffer.concat([Buffer.alloc(2 ** 19), changed, index]);
  const server = await serveRanges(body, { etag: '"one"', ...behaviour });
  t.teardown(server.close);
  const placed = (path: string, bytes: Buffer, offset: number) => ({
    ...{ path, size: bytes.length, sha256: sha256Of(bytes) },
    extents: [{ offset, length: bytes.length }],
  });
  const file = placed('os/2/rootfs.squashfs', changed, 2 ** 19);
  const files = [file, placed('os/2/rootfs.squashfs.blocks', index, 2 ** 19 + changed.length)];
  const { ref } = await openImage(waitless, server.url, 'url:image');
  const step = deltaStep('copy', { ref, files }, file, {
    to: folder,
    locals: [oldPath, join(folder, 'none')],
  });
  const context = contextOf(waitless, { 'url:image': server.url });
  server.asked.length = 0;
  return { step, context, server, changed, body, result: join(folder, file.path) };
}

/** Bytes of all ranges that were asked for. */
const askedBytes = (asked: readonly string[]) =>
  asked.reduce((sum, line) => {
    const [, first = 0, last = -1] = /bytes=(\d+)-(\d+)$/.exec(line) ?? [];
    return sum + Number(last) - Number(first) + 1;
  }, 0);

test('over HTTP, to a machine whose old file has no index: less than a fifth is asked for', async (t) => {
  const { step, context, server, changed, result } = await served(t);
  await copyDelta.preflight?.(step, context);
  await copyDelta.run(step, context);
  await copyDelta.verify?.(step, context);
  t.is(Buffer.compare(readFileSync(result), changed), 0);
  t.is(statSync(result).mode & 0o777, 0o644);
  t.true(askedBytes(server.asked) < changed.length / 5, server.asked.join('\n'));
});

test('over HTTP, cut again and again', async (t) => {
  const { step, context, changed, result } = await served(t, { cutAfter: 70_000, cuts: 4 });
  await copyDelta.run(step, context);
  t.is(Buffer.compare(readFileSync(result), changed), 0);
});

test('a server without ranges sends the file once, and no index', async (t) => {
  const { step, context, server, changed, result } = await served(t, { ranges: false });
  await copyDelta.run(step, context);
  t.is(Buffer.compare(readFileSync(result), changed), 0);
  t.is(server.asked.length, 1);
});

test('a server whose file changes half-way is refused', async (t) => {
  const { step, context, server, body } = await served(t);
  server.change(body, {
    etag: '"one"',
    first: () => {
      // The index is the first that is asked for.
      if (server.asked.length > 1) server.change(Buffer.concat([body, body]), { etag: '"two"' });
      return false;
    },
  });
  await t.throwsAsync(copyDelta.run(step, context), { code: 'medium-changed' });
});
