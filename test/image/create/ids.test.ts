/** Ids that are made of what is in an image: of the form that each has, the same for the same image, and no two the same. */
import test from 'ava';
import { imageIds } from '../../../src/image/create/ids.ts';

test('each has its form', (t) => {
  const { espFs, hashSeed, ...uuids } = imageIds(['a', 'b']);
  t.regex(espFs, /^[0-9a-f]{8}$/);
  t.regex(hashSeed, /^[0-9a-f]{32}$/);
  for (const uuid of Object.values(uuids))
    t.regex(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  const all = Object.values({ espFs, hashSeed, ...uuids });
  t.is(new Set(all.map((id) => id.slice(0, 8))).size, all.length);
});

test('of the same content the same ones; where the parts of it begin counts, too', (t) => {
  t.deepEqual(imageIds(['a', 'b']), imageIds(['a', 'b']));
  for (const other of [['ab'], ['a', '', 'b'], ['b', 'a'], ['a', 'b', '']])
    t.not(imageIds(other).stateFs, imageIds(['a', 'b']).stateFs);
});
