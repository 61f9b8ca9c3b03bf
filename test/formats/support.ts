/** What the tests of codecs share: hostile bytes, files on disk, programs that judge independently of our code. */
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execaSync } from 'execa';
import fc from 'fast-check';
import { OpsError } from '../../src/errors.ts';
import type { ByteSource } from '../../src/formats/bytes.ts';

/** A folder that is gone after the test. */
export function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'bos-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder that stays until the process ends, for what several tests read and none changes. */
export function keptFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bos-test-'));
  if (kept.length === 0)
    process.on('exit', () => {
      for (const one of kept) rmSync(one, { recursive: true, force: true });
    });
  kept.push(folder);
  return folder;
}

const kept: string[] = [];

/** Equal bytes. `t.deepEqual` says the same, but takes two seconds for a megabyte. */
export function sameBytes(
  t: { true(value: boolean, message?: string): unknown },
  found: Uint8Array | undefined,
  expected: Uint8Array,
  what = 'bytes',
): void {
  const [a, b] = [found ?? new Uint8Array(), expected];
  const same = found !== undefined && Buffer.compare(a, b) === 0;
  const at = same ? -1 : a.findIndex((byte, index) => byte !== b[index]);
  const differs = at === -1 ? '' : `, another one at ${at}`;
  t.true(same, `${what}: ${found?.length ?? 'no'} bytes instead of ${b.length}${differs}`);
}

/** Runs a program and gives its standard output. */
export function tool(command: string, ...args: string[]): string {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', MTOOLS_SKIP_CHECK: '1' };
  return execaSync(command, args, { stdin: 'ignore', env, extendEnv: false, stripFinalNewline: false })
    .stdout;
}

/** A file as bytes at offsets, closed after the test. */
export async function fileSource(t: ExecutionContext, path: string): Promise<ByteSource> {
  const handle = await open(path);
  t.teardown(() => handle.close());
  const { size } = await handle.stat();
  return {
    size,
    read: async (offset, length) => {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await handle.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
  };
}

/**
 * `work` may refuse, and nothing else: an exception that is no OpsError fails the test.
 */
export async function onlyRefuses(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
  }
}

/** `original` with a few runs of bytes overwritten, or cut short. */
export function damaged(original: Uint8Array, spots: fc.Arbitrary<number>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(
      fc.array(fc.tuple(spots, fc.uint8Array({ minLength: 1, maxLength: 8 })), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.option(fc.nat(original.length), { freq: 4 }),
    )
    .map(([writes, cut]) => {
      const copy = Uint8Array.from(original);
      for (const [at, bytes] of writes) copy.set(bytes.subarray(0, Math.max(0, copy.length - at)), at);
      return cut === null ? copy : copy.subarray(0, cut);
    });
}

/** All that comes, in order. */
export async function collected<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const part of parts) all.push(part);
  return all;
}
