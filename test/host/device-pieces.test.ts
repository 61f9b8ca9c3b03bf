/** Small writes that something is started from: their order, and reading back from the disk itself. */
import test from 'ava';
import { writePieces } from '../../src/host/device-pieces.ts';
import { lineOf } from '../fakes/effects.ts';
import { fakeHost, SparseBytes } from '../fakes/host.ts';

const pieces = [
  { offset: 512, bytes: Buffer.from('backup') },
  { offset: 0, bytes: Buffer.from('what points to it') },
];

test('each is on the disk before the next, and all are read back past the cache', async (t) => {
  const host = fakeHost({ devices: { '/dev/vda': new SparseBytes(4096) } });
  await writePieces(host, '/dev/vda', pieces);
  t.deepEqual(
    host.effects.map((effect) => lineOf(effect).replace(' /dev/vda', '')),
    [
      'open r+',
      ...['write 512+6', 'sync', 'write 0+17', 'sync'],
      ...['drop-cache', 'read 512+6', 'read 0+17'],
      'close',
    ],
  );
});

test('a disk that holds something else, or fails, is told, and closed', async (t) => {
  const lies = fakeHost({
    devices: { '/dev/vda': new SparseBytes(4096) },
    onWrite: (_path, offset, data) => (offset === 0 ? new Uint8Array(data.length) : undefined),
  });
  await t.throwsAsync(writePieces(lies, '/dev/vda', pieces), { code: 'read-back' });
  t.is(lies.effects.at(-1)?.kind, 'close');
  const full = fakeHost({
    devices: { '/dev/vda': new SparseBytes(4096) },
    onWrite: () => {
      throw Object.assign(new Error('EIO'), { code: 'EIO' });
    },
  });
  await t.throwsAsync(writePieces(full, '/dev/vda', pieces), { code: 'EIO' });
  t.is(full.effects.at(-1)?.kind, 'close');
});
