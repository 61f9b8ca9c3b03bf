/** A device that is looked into is closed, whatever the look came to. */
import test from 'ava';
import { reading } from '../../../src/install/partition/probe-boot.ts';
import { fakeHost, SparseBytes } from '../../fakes/host.ts';

test('it is closed after a look and after a failure', async (t) => {
  const host = fakeHost({ devices: { '/dev/vda1': new SparseBytes(512) } });
  const kinds = () => host.effects.map(({ kind }) => kind);
  t.is(await reading(host, '/dev/vda1', async ({ size }) => size), 512);
  t.deepEqual(kinds(), ['open', 'close']);
  await t.throwsAsync(
    reading(host, '/dev/vda1', () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  t.deepEqual(kinds(), ['open', 'close', 'open', 'close']);
});
