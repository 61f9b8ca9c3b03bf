/**
 * The digest of a file on a thread of its own: SHA-256 is what takes longest when a system is read back, and one
 * thread can compute only one.
 */
import { constants } from 'node:fs';
import type { Files } from '../ports.ts';
import { openDirect } from './disk/direct-read.ts';
import { dropCacheOf } from './open-file.ts';

/**
 * Runs in the thread: reads past the page cache where that can be done. Two pieces of memory in turn, one is read into
 * while the other is hashed. A text, since the bundle is a single file, with nothing in it that a thread could load.
 */
const source = `
const { createHash } = require('node:crypto');
const { open } = require('node:fs/promises');
const { parentPort, workerData: { path, flags } } = require('node:worker_threads');
const size = 1 << 20;
const memory = () => Buffer.from(new ArrayBuffer(size, { maxByteLength: size }));
async function digest() {
  const hash = createHash('sha256');
  const file = await open(path, flags);
  const { size: end } = await file.stat();
  let done = 0;
  let told = 0;
  let [reading, resting] = [memory(), memory()];
  const read = () => file.read(reading, 0, size, done).catch((error) => {
    throw Object.assign(error, { offset: done });
  });
  for (let next = read(); ; ) {
    const { bytesRead } = await next;
    if (bytesRead === 0) break;
    const bytes = reading.subarray(0, bytesRead);
    [reading, resting] = [resting, reading];
    done += bytesRead;
    // A direct read begins where a sector does, and the end of a file may be in one.
    next = done === end ? Promise.resolve({ bytesRead: 0 }) : read();
    // Awaited in the next round.
    next.catch(() => {});
    hash.update(bytes);
    if (done - told >= 4 << 20) parentPort.postMessage({ done: (told = done) });
  }
  await file.close();
  parentPort.postMessage({ digest: hash.digest('hex') });
}
digest();
`;

export const digest: Files['digest'] = async (path, { onProgress, signal } = {}) => {
  signal?.throwIfAborted();
  const direct = await openDirect(path);
  await direct?.close();
  if (direct === undefined) await dropCacheOf(path);
  const flags = constants.O_RDONLY | (direct === undefined ? 0 : constants.O_DIRECT);
  // Loaded here: few commands need it.
  const { Worker } = await import('node:worker_threads');
  // It makes next to no objects.
  const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32, stackSizeMb: 1 };
  const worker = new Worker(source, { eval: true, workerData: { path, flags }, resourceLimits });
  const stop = () => void worker.terminate();
  signal?.addEventListener('abort', stop);
  try {
    return await new Promise<string>((resolve, reject) => {
      worker.on('message', (message: { done?: number; digest?: string }) => {
        if (message.done !== undefined) onProgress?.(message.done);
        if (message.digest !== undefined) resolve(message.digest);
      });
      let failed: Error | undefined;
      // It was made in another realm, where Error is another class.
      worker.on('error', ({ message, code, offset }: NodeJS.ErrnoException & { offset?: number }) => {
        const place = offset === undefined ? {} : { offset };
        failed = Object.assign(new Error(message), { code, path, ...place });
      });
      // The file is closed by then, whatever happened. After a digest this changes nothing.
      worker.on('exit', () =>
        reject(failed ?? signal?.reason ?? new Error(`the digest of ${path} was not finished`)),
      );
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
};
