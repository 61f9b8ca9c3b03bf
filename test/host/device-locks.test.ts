/** The lock of a disk: others see it while it is held, it is given back, and where it cannot be had nothing breaks. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';

const { deviceLocks, processes } = linuxHost();
if (deviceLocks === undefined) throw new Error('Linux has locks');

/** flock(2) is the same for a file and for the node of a disk. */
async function disk(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp('/tmp/bos-device-lock-');
  t.teardown(() => rm(folder, { recursive: true }));
  const path = join(folder, 'disk');
  await writeFile(path, 'a disk');
  return path;
}

/** As udev does it before it looks: a shared lock, without waiting. */
const udevMayLook = async (path: string) =>
  (await processes.run('flock', ['--shared', '--nonblock', path, 'true'], { okCodes: [0, 1] })).exitCode ===
  0;

test.serial('a disk that is taken is closed to udev until it is given back', async (t) => {
  const path = await disk(t);
  t.true(await deviceLocks.take(path));
  t.true(await deviceLocks.take(path), 'once more is the same');
  t.deepEqual([...deviceLocks.taken], [path]);
  t.false(await udevMayLook(path));
  await deviceLocks.release(path);
  t.true(await udevMayLook(path));
  t.deepEqual([...deviceLocks.taken], []);
  await t.notThrowsAsync(deviceLocks.release(path));
});

test.serial('where there is no lock, no disk is taken', async (t) => {
  const path = await disk(t);
  t.false(await deviceLocks.take(`${path}-gone`));
  const before = process.env.PATH;
  t.teardown(() => {
    process.env.PATH = before;
  });
  // As on a kernel that knows none.
  const program = join(path, '..', 'flock');
  await writeFile(program, '#!/bin/sh\nexit 1\n');
  await chmod(program, 0o755);
  process.env.PATH = join(path, '..');
  t.false(await deviceLocks.take(path));
  t.deepEqual([...deviceLocks.taken], []);
  process.env.PATH = before;
  t.true(await udevMayLook(path));
});
