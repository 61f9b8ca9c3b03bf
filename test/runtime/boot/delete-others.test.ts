/** What could not be deleted loses its flags, and is deleted then: the folder first, which keeps its names otherwise. */
import test from 'ava';
import { deleteOthers } from '../../../src/runtime/boot/delete-others.ts';
import { fakeHost } from '../../fakes/host.ts';

test('flags are taken away only when something cannot be deleted, before it is tried again', async (t) => {
  let failing = 1;
  const host = fakeHost({
    files: { '/proc/self/mountinfo': '', '/old/file': 'x' },
    tools: {
      find: () => {
        failing -= 1;
        return failing === 0 ? { exitCode: 1 } : undefined;
      },
      chattr: () => undefined,
    },
  });
  await deleteOthers(host, '/old', { paths: ['bos'] });
  const others = 'find /old -mindepth 1 -maxdepth 1 ! -name bos -exec';
  const remove = `${others} rm -rf --one-file-system -- {} +`;
  t.deepEqual(host.ran, [
    ...[remove, 'chattr -f -i -a -- /old', `${others} chattr -R -f -i -a -- {} +`, remove],
  ]);
});
