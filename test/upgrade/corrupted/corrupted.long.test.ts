/** A release with one byte that is another: one of each seven, and every byte where `make soak` draws something else. */
import test from 'ava';
import { corruptedReleases } from './fixture.ts';

const step = process.env.PROPERTY_SEED === undefined ? 7 : 1;

test('bytes of a whole release', async (t) => {
  t.timeout(1_200_000);
  const { newer, paths, faults } = await corruptedReleases(t);
  for (const path of paths)
    for (let offset = 0; offset < (newer.get(path)?.length ?? 0); offset += step)
      t.deepEqual(await faults(path, offset), [], `byte ${offset} of ${path}`);
});
