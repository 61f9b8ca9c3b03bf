import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import test from 'ava';
import { sha256Of } from '../../src/host/digest.ts';
import { linuxHost } from '../../src/host/linux/index.ts';

const { files } = linuxHost();

test('the digest of a file, empty and of several pieces, with progress', async (t) => {
  const folder = await files.makeTempDir('bos-digest-');
  t.teardown(() => files.remove(folder));
  const path = join(folder, 'file');
  for (const size of [0, 1, 9 * 1024 * 1024 + 1]) {
    const bytes = randomBytes(size);
    await files.write(path, bytes);
    const told: number[] = [];
    t.is(await files.digest(path, { onProgress: (done) => told.push(done) }), sha256Of(bytes));
    t.deepEqual(told, size < 2 ** 23 ? [] : [4 * 2 ** 20, 8 * 2 ** 20]);
  }
});

test('a file that does not exist', async (t) => {
  await t.throwsAsync(files.digest('/nowhere/at/all'), { code: 'ENOENT' });
});

test('interrupted', async (t) => {
  const stop = new AbortController();
  const running = files.digest('/dev/zero', { signal: stop.signal, onProgress: () => stop.abort() });
  await t.throwsAsync(running, { name: 'AbortError' });
  await t.throwsAsync(files.digest('/dev/zero', { signal: stop.signal }), { name: 'AbortError' });
});
