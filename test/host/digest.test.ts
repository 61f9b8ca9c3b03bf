/** What was written is read back from the disk. */
import test from 'ava';
import { sha256File, sha256Of } from '../../src/host/digest.ts';
import { lineOf } from '../fakes/effects.ts';
import { fakeHost } from '../fakes/host.ts';

const whole = ['read /f 0+4096', 'read /f 3+4096'];

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
