/** A release with one byte that is another: every byte of it, one after the other. */
import test from 'ava';
import { corruptedReleases } from './fixture.ts';

test('every byte of a release', async (t) => {
  t.timeout(1_200_000);
  const { newer, paths, faults } = await corruptedReleases(t);
  for (const path of paths)
    for (let offset = 0; offset < (newer.get(path)?.length ?? 0); offset += 1)
      t.deepEqual(await faults(path, offset), [], `byte ${offset} of ${path}`);
});
