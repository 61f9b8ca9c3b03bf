/** A file that is filled: flushed while it grows, and whole on the disk when it is said to be. */
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { sha256Of } from '../../../../src/host/digest.ts';
import type { Files, OpenFile } from '../../../../src/host/ports.ts';
import { openSink } from '../../../../src/steps/support/content/file-sink.ts';

const MiB = 2 ** 20;
const piece = Buffer.alloc(8 * MiB, 'x');

/** A file that keeps nothing, and what was done with it. */
function sinkOf(parts: Partial<OpenFile> = {}) {
  const done: string[] = [];
  const file = {
    write: async (offset: number, data: Uint8Array) => void done.push(`write ${offset}+${data.length}`),
    sync: async () => void done.push('sync'),
    close: async () => void done.push('close'),
    ...parts,
  } as OpenFile;
  const open: Files['open'] = async (path, flags) => {
    done.push(`open ${path} ${flags}`);
    return file;
  };
  return { done, sink: openSink({ open } as Files, '/x') };
}

test('a large file is flushed every 16 MiB, and again when all of it is written', async (t) => {
  const { done, sink } = sinkOf();
  const { write, end, close } = await sink;
  for (let count = 0; count < 5; count++) {
    await write(piece);
    await setImmediate();
  }
  t.is(await end(), sha256Of(Buffer.concat(Array(5).fill(piece))));
  await close();
  const at = (index: number) => `write ${index * 8 * MiB}+${8 * MiB}`;
  t.deepEqual(done, ['open /x w', at(0), at(1), 'sync', at(2), at(3), 'sync', at(4), 'sync', 'close']);
});

test('one flush runs at a time, and the end waits for it', async (t) => {
  const waiting: (() => void)[] = [];
  let running = 0;
  const sync = async () => {
    running += 1;
    t.is(running, 1);
    await new Promise<void>((resolve) => waiting.push(resolve));
    running -= 1;
  };
  const { write, end } = await sinkOf({ sync }).sink;
  for (let count = 0; count < 4; count++) await write(piece);
  t.is(waiting.length, 1);
  const ended = end();
  await setImmediate();
  t.is(waiting.length, 1);
  waiting[0]?.();
  await setImmediate();
  t.is(waiting.length, 2, 'what came after the first one is flushed, too');
  waiting[1]?.();
  await ended;
});

test('what could not be written or flushed is told, also when a later flush works', async (t) => {
  let syncs = 0;
  const sync = async () => {
    syncs += 1;
    if (syncs === 1) throw new Error('EIO');
  };
  const { write, end } = await sinkOf({ sync }).sink;
  for (let count = 0; count < 3; count++) await write(piece);
  await t.throwsAsync(end(), { message: 'EIO' });
  const failing = await sinkOf({ write: () => Promise.reject(new Error('ENOSPC')) }).sink;
  await t.throwsAsync(failing.write(piece), { message: 'ENOSPC' });
  const late = await sinkOf({ sync: () => Promise.reject(new Error('EIO')) }).sink;
  await late.write(Buffer.from('x'));
  await t.throwsAsync(late.end(), { message: 'EIO' });
});
