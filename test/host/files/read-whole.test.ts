/** Whatever a person, a link or another system puts in the place of a file ends, or is refused. */
import { execFileSync, spawn } from 'node:child_process';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { files } from '../../../src/host/linux/files.ts';
import { mostWhole, mostWithoutSize } from '../../../src/host/linux/read-fully.ts';
import { whyNamed } from '../../../src/host/system-error.ts';
import { temporaryFolder } from '../../formats/support.ts';

test('a file, an empty one, and those of the kernel, which say that they have no bytes', async (t) => {
  const folder = temporaryFolder(t);
  for (const [name, content] of [
    ['some', 'some\n'],
    ['none', ''],
  ] as const) {
    writeFileSync(join(folder, name), content);
    t.is(await files.readText(join(folder, name)), content);
  }
  t.regex(await files.readText('/proc/self/status'), /^Name:/);
  t.is((await files.read('/dev/null')).length, 0);
});

test('what has no end is refused after so many bytes, also behind a link', async (t) => {
  const link = join(temporaryFolder(t), 'config.yaml');
  symlinkSync('/dev/zero', link);
  for (const path of ['/dev/zero', link]) {
    const error = await t.throwsAsync(files.read(path), { code: 'EFBIG' });
    t.is(whyNamed(error), 'it is larger than can be read or written there');
  }
  t.true(mostWithoutSize >= 64 * 2 ** 20);
});

for (const size of [mostWhole + 1, 1900 * 2 ** 20, 3 * 2 ** 30, 2 ** 40])
  test(`a file of ${size} bytes is nothing to be read as a whole`, async (t) => {
    const path = join(temporaryFolder(t), 'disk.img');
    writeFileSync(path, '');
    truncateSync(path, size);
    for (const read of [files.read, files.readText, files.readNoFollow]) {
      const error = await t.throwsAsync(read(path), { code: 'EFBIG' });
      t.is(whyNamed(error), 'it is larger than can be read or written there');
    }
  });

test('of what others can write to less is read', async (t) => {
  const path = join(temporaryFolder(t), 'authorized_keys');
  writeFileSync(path, 'ssh-ed25519 AAAA\n');
  t.is((await files.readNoFollow(path)).toString(), 'ssh-ed25519 AAAA\n');
  truncateSync(path, mostWithoutSize + 1);
  await t.throwsAsync(files.readNoFollow(path), { code: 'EFBIG' });
});

test('a pipe is read to its end, however slowly it is filled', async (t) => {
  const pipe = join(temporaryFolder(t), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const script = 'exec > "$1"; printf one; sleep 0.2; head -c 600000 /dev/zero; printf two';
  const writer = spawn('sh', ['-c', script, 'sh', pipe], { stdio: 'ignore' });
  t.teardown(() => writer.kill());
  const bytes = Buffer.from(await files.read(pipe));
  t.is(bytes.length, 600_006);
  t.is(`${bytes.subarray(0, 3)}${bytes.subarray(-3)}`, 'onetwo');
});

test('a folder, and nothing', async (t) => {
  const folder = temporaryFolder(t);
  await t.throwsAsync(files.read(folder), { code: 'EISDIR' });
  await t.throwsAsync(files.read(join(folder, 'none')), { code: 'ENOENT' });
});

(process.getuid?.() === 0 ? test : test.skip)(
  'the kernel log, which waits for its next line, is not waited for',
  async (t) => {
    const ends = await Promise.race([
      files.read('/proc/kmsg').then(
        () => 'read',
        (error) => error.code,
      ),
      new Promise((resolve) => {
        setTimeout(resolve, 20_000, 'waits').unref();
      }),
    ]);
    t.true(['EAGAIN', 'EPERM', 'read'].includes(String(ends)), String(ends));
  },
);
