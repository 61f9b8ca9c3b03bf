/** Bundles in parts, as `split` would cut them. */
import test from 'ava';
import fc from 'fast-check';
import { bundleChanges, isOfBundle, partSize } from '../../../../src/palette/edge/media/content.ts';

test('parts follow on each other, and none is longer than a part', (t) => {
  fc.assert(
    fc.property(fc.nat(5000), fc.integer({ min: 1, max: 700 }), fc.boolean(), (size, part, split) => {
      const changes = bundleChanges({ name: 'a.zst', path: '/a.zst', size }, split, part);
      let next = 0;
      for (const [index, { path, content }] of changes.entries()) {
        if (content?.kind !== 'file') return t.fail();
        t.is(content.start ?? 0, next);
        t.true(content.size <= part || changes.length === 1);
        next += content.size;
        if (changes.length > 1 || split)
          t.regex(path, new RegExp(`/a\\.zst_part${String(index).padStart(2, '0')}$`));
      }
      t.is(next, size);
    }),
  );
  const [whole] = bundleChanges({ name: 'a.zst', path: '/a.zst', size: partSize }, false);
  t.is(whole?.path, 'opt/spectrocloud/content/a.zst');
  t.is(bundleChanges({ name: 'a.zst', path: '/a.zst', size: partSize + 1 }, false).length, 2);
});

test('names of a bundle and of its parts', (t) => {
  t.true(['a.zst', 'a.zst_part00', 'a.zst_part123'].every((name) => isOfBundle('a.zst', name)));
  t.false(
    ['b.zst', 'a.zst_part', 'a.zst_part0', 'a.zst.zst', 'a.zst_part00x'].some((name) =>
      isOfBundle('a.zst', name),
    ),
  );
});
