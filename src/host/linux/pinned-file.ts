/** A file held open, whose times tell whether somebody has written to it. */
import { type BigIntStats, constants, fstatSync, readSync, statSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../../errors.ts';
import type { PinnedFile } from '../ports.ts';
import { readFully } from './read-fully.ts';

/**
 * Two writes within one tick of the kernel's clock leave the same times (ext4 and others take them from the tick, at
 * most 10 ms). A file that is younger than this has to age first.
 */
const tick = 20n * 1_000_000n;

const exact = { bigint: true } as const;

/** The time of its last change also tells of a time of writing that was set back, and of another file in its place. */
const nameOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].map((part) => part.toString(36)).join('-');

export async function openPinned(path: string): Promise<PinnedFile> {
  // A pipe that was put there must not be waited for.
  const handle = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    let stat = await handle.stat(exact);
    if (stat.isDirectory()) throw Object.assign(new Error(`${path} is a folder`), { code: 'EISDIR', path });
    if (!stat.isFile()) throw new Error('it is not a file');
    for (let tries = 0; tries < 5 && isYoung(stat); tries += 1) {
      await sleep(Number(tick / 1_000_000n));
      stat = await handle.stat(exact);
    }
    const version = nameOf(stat);
    const opened = stat;
    return {
      size: Number(stat.size),
      version,
      readInto: (offset, target) => readFully(handle, offset, target),
      readNow: (offset, target) => {
        let done = 0;
        while (done < target.length) {
          const read = readSync(handle.fd, target, done, target.length - done, offset + done);
          if (read === 0) break;
          done += read;
        }
        return done;
      },
      isSame: () => isSame(opened, fstatSync(handle.fd, exact)),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Of an open file it is answered from memory. A link that is made or removed changes the file's time, and nothing in it. */
function isSame(before: BigIntStats, now: BigIntStats): boolean {
  if (now.mtimeNs !== before.mtimeNs || now.size !== before.size || now.nlink === 0n) return false;
  return now.ctimeNs === before.ctimeNs || now.nlink !== before.nlink;
}

const isYoung = ({ mtimeNs, ctimeNs }: BigIntStats): boolean => {
  const age = BigInt(Date.now()) * 1_000_000n - (mtimeNs > ctimeNs ? mtimeNs : ctimeNs);
  return age >= 0n && age < tick;
};

export async function versionOf(path: string): Promise<string | undefined> {
  try {
    const stat = await fs.stat(path, exact);
    return stat.isFile() ? nameOf(stat) : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Looks that are made without a pause. */
const looksAtOnce = 200;
/** In ms: a thousand times what it takes where the kernel has it in memory. */
const slowLook = 2;
/** After a slow one, so many are left to other threads; where it was only this process that had to wait, it is soon over. */
const afterSlow = 16;

/** In this thread, as handing each to another one takes ten times as long; on a slow file system by others. */
export async function versionsOf(paths: readonly string[]): Promise<readonly (string | undefined)[]> {
  const found: (string | undefined)[] = [];
  let left = 0;
  for (const [index, path] of paths.entries()) {
    if (index % looksAtOnce === looksAtOnce - 1) await setImmediate();
    const began = performance.now();
    const stat = left > 0 ? await fs.stat(path, exact).catch(() => undefined) : lookedAt(path);
    left = performance.now() - began > slowLook ? afterSlow : Math.max(0, left - 1);
    found.push(stat?.isFile() && !isYoung(stat) ? nameOf(stat) : undefined);
  }
  return found;
}

function lookedAt(path: string): BigIntStats | undefined {
  try {
    return statSync(path, exact);
  } catch {
    return undefined;
  }
}
