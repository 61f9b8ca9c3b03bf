/** What was written is read back from the disk, and what is read is let go of. */
import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import test from 'ava';
import { sha256File, sha256Of } from '../../src/host/digest.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { lineOf } from '../fakes/effects.ts';
import { fakeHost } from '../fakes/host.ts';

const whole = ['read /f 0+1048576', 'read /f 3+1048576'];

test('from the disk: the cache is dropped before anything is read', async (t) => {
  const host = fakeHost({ files: { '/f': 'abc' } });
  t.is(await sha256File(host.files, '/f', { fromDisk: true }), sha256Of('abc'));
  t.deepEqual(host.effects.map(lineOf), ['open /f r', 'drop-cache /f', ...whole, 'close /f']);
});

test('without that, what is cached will do', async (t) => {
  const host = fakeHost({ files: { '/f': 'abc' } });
  await sha256File(host.files, '/f');
  t.deepEqual(host.effects.map(lineOf), ['open /f r', ...whole, 'close /f']);
});

test('interrupted: the file is closed', async (t) => {
  const host = fakeHost({ files: { '/f': 'abc' } });
  await t.throwsAsync(sha256File(host.files, '/f', { signal: AbortSignal.abort() }), { name: 'AbortError' });
  t.is(host.effects.map(lineOf).at(-1), 'close /f');
});

/** With `dd` as a program that tells how it was called. */
test.serial('the real host lets the kernel forget the file first, by its path', async (t) => {
  const { files } = linuxHost();
  const folder = await files.makeTempDir('bos-digest-');
  const { PATH } = process.env;
  t.teardown(() => {
    process.env.PATH = PATH;
    return files.remove(folder);
  });
  await files.write(join(folder, 'dd'), `#!/bin/sh\necho "$@" >> ${folder}/told\n`, { mode: 0o755 });
  await files.write(join(folder, 'f'), 'abc');
  process.env.PATH = `${folder}:${PATH}`;
  const told = `if=${join(folder, 'f')} iflag=nocache count=0 status=none\n`;
  const stop = new AbortController();
  t.is(await files.digest(join(folder, 'f'), { signal: stop.signal }), sha256Of('abc'));
  t.is(await files.readText(join(folder, 'told')), told);
  t.deepEqual(getEventListeners(stop.signal, 'abort'), [], 'nobody waits for the signal any more');
  const file = await files.open(join(folder, 'f'), 'r');
  await file.dropCache();
  await file.close();
  t.is(await files.readText(join(folder, 'told')), told + told);
});
