/** The digest of a whole image, compared before anything of it is run; the image is closed however that ends. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { requireWholeDigest } from '../../../src/install/medium/whole-digest.ts';
import { watchingOpen } from '../../fakes/opened.ts';
import { temporaryFolder } from '../../formats/support.ts';

const bytes = Buffer.concat([Buffer.alloc(3_000_000, 'image'), Buffer.from('the manifest')]);
const manifest = {
  ...{ size: 12, sha256: sha256Of('the manifest') },
  extents: [{ offset: 3_000_000, length: 12 }],
};

/** Resolves when the file with `content` has the digest `wanted` and the manifest above. */
async function compared(t: ExecutionContext, content: Buffer, wanted: string) {
  const path = join(temporaryFolder(t), 'bos.iso');
  writeFileSync(path, content);
  const watched = watchingOpen(linuxHost());
  const planned = { image: { from: 'file' as const, path, size: content.length }, files: [], manifest };
  const done = requireWholeDigest(watched.host, { ...planned, sha256: null }, path, wanted, {});
  return { done, watched };
}

test('the right one', async (t) => {
  const { done, watched } = await compared(t, bytes, sha256Of(bytes));
  await t.notThrowsAsync(done);
  t.is(watched.count(), 1);
  t.deepEqual(watched.open, []);
});

test('another one, and a manifest that is not the one that was read before', async (t) => {
  const other = await compared(t, bytes, '0'.repeat(64));
  await t.throwsAsync(other.done, { code: 'iso-digest' });
  t.deepEqual(other.watched.open, []);
  const swapped = Buffer.from(bytes);
  swapped.write('another one!', 3_000_000);
  const { done, watched } = await compared(t, swapped, sha256Of(swapped));
  await t.throwsAsync(done, { code: 'medium-changed' });
  t.deepEqual(watched.open, []);
});
