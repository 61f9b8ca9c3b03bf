/** What is read back comes from the disk, and not from what the kernel has in memory of it. */
import { getEventListeners } from 'node:events';
import { constants, readFileSync } from 'node:fs';
import fs, { type FileHandle, open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import threads from 'node:worker_threads';
import test from 'ava';
import { sha256Of } from '../../src/host/digest.ts';
import { linuxHost } from '../../src/host/linux/index.ts';

const { files } = linuxHost();
// By the FHS on a disk: /tmp may be memory.
const folder = await fs.mkdtemp('/var/tmp/bos-cache-');

/** What each read was given: whether its file is open with O_DIRECT (proc(5), /proc/PID/fdinfo). */
let reads: boolean[] = [];
let refuse = (_call: 'open' | 'read', _offset: number) => false;
const invalid = () => Promise.reject(Object.assign(new Error('EINVAL'), { code: 'EINVAL' }));
const isDirect = (fd: number) =>
  (Number.parseInt(/^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '', 8) &
    constants.O_DIRECT) !==
  0;
const prototype = Object.getPrototypeOf(await open('/dev/null')) as FileHandle;
const read = prototype.read as (...args: unknown[]) => Promise<unknown>;
Object.assign(prototype, {
  read(this: FileHandle, ...args: [Buffer, number, number, number]) {
    const direct = isDirect(this.fd);
    if (direct && refuse('read', args[3])) return invalid();
    reads.push(direct);
    return read.apply(this, args);
  },
});
const plainOpen = fs.open;
fs.open = async (path, flags, mode) =>
  typeof flags === 'number' && flags & constants.O_DIRECT && refuse('open', 0)
    ? invalid()
    : plainOpen(path, flags, mode);
let workers: { readonly flags: number }[] = [];
const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(source: string, options: threads.WorkerOptions) {
    super(source, options);
    workers.push(options.workerData);
  }
};
syncBuiltinESMExports();
test.after.always(() => files.remove(folder));
test.beforeEach(() => {
  refuse = () => false;
  reads = [];
  workers = [];
});

/** Bytes that differ everywhere. */
const bytes = Buffer.from(Uint32Array.from({ length: 600_000 }, (_, index) => index * 2_654_435_761).buffer);

async function written(name: string): Promise<string> {
  const path = join(folder, name);
  await files.write(path, bytes, { sync: true });
  return path;
}

test.serial('an open file is read past the cache once that was asked for', async (t) => {
  const file = await files.open(await written('a'), 'r+');
  await file.read(0, 10);
  t.deepEqual(reads, [false]);
  await file.dropCache();
  reads = [];
  for (const [offset, length] of [
    [0, 1],
    [4095, 2],
    [511, 4098],
    [1_048_570, 1_100_000],
    [bytes.length - 5, 5],
    [0, bytes.length],
  ] as const)
    t.true(Buffer.from(await file.read(offset, length)).equals(bytes.subarray(offset, offset + length)));
  const target = new Uint8Array(100);
  t.is(await file.readInto(bytes.length - 5, target), 5);
  t.is(await file.readInto(bytes.length, target), 0);
  t.true(reads.length > 6);
  t.true(reads.every((direct) => direct));
  await file.close();
});

test.serial('what is written afterwards is read, and two may read at once', async (t) => {
  const file = await files.open(await written('b'), 'r+');
  await file.dropCache();
  await file.write(5000, Buffer.from('new'));
  const [one, other] = await Promise.all([file.read(5000, 3), file.read(9000, 2_000_000)]);
  t.is(Buffer.from(one).toString(), 'new');
  t.true(Buffer.from(other).equals(bytes.subarray(9000, 2_009_000)));
  await file.close();
});

test.serial('where it can be read past the cache, no program is started to drop it', async (t) => {
  const path = await written('f');
  const told = await withDd((undo) => t.teardown(undo));
  const file = await files.open(path, 'r');
  await file.dropCache();
  t.true(bytes.equals(await file.read(0, bytes.length)));
  await file.close();
  await t.throwsAsync(told(), { code: 'ENOENT' });
});

test.serial('a digest is made of what is on the disk', async (t) => {
  t.is(await files.digest(await written('c')), sha256Of(bytes));
  t.deepEqual(
    workers.map(({ flags }) => flags),
    [constants.O_DIRECT],
  );
});

/** With `dd` as a program that tells how it was called. */
async function withDd(restore: (undo: () => Promise<void>) => void): Promise<() => Promise<string>> {
  const tools = await files.makeTempDir('bos-tools-');
  const { PATH } = process.env;
  restore(() => {
    process.env.PATH = PATH;
    return files.remove(tools);
  });
  await files.write(join(tools, 'dd'), `#!/bin/sh\necho "$@" >> ${tools}/told\n`, { mode: 0o755 });
  process.env.PATH = `${tools}:${PATH}`;
  return () => files.readText(join(tools, 'told'));
}

for (const call of ['open', 'read'] as const)
  test.serial(
    `a file system that refuses to ${call} past the cache: dd has it dropped, by path`,
    async (t) => {
      const told = await withDd((undo) => t.teardown(undo));
      refuse = (tried) => tried === call;
      const path = await written('d');
      const line = `if=${path} iflag=nocache count=0 status=none\n`;
      const stop = new AbortController();
      t.is(await files.digest(path, { signal: stop.signal }), sha256Of(bytes));
      t.is(await told(), line);
      t.deepEqual(workers, [{ path, flags: constants.O_RDONLY }] as object[]);
      t.deepEqual(getEventListeners(stop.signal, 'abort'), [], 'nobody waits for the signal any more');
      const file = await files.open(path, 'r');
      await file.dropCache();
      t.is(await told(), line + line);
      t.true(bytes.equals(await file.read(0, bytes.length)));
      await file.close();
    },
  );

test.serial('one that refuses later on: the same, and the read is done', async (t) => {
  const told = await withDd((undo) => t.teardown(undo));
  refuse = (call, offset) => call === 'read' && offset > 0;
  const path = await written('e');
  const file = await files.open(path, 'r');
  await file.dropCache();
  t.true(bytes.equals(await file.read(0, bytes.length)));
  t.is(await told(), `if=${path} iflag=nocache count=0 status=none\n`);
  await file.close();
});
