/** An image layout as one archive: its entries in one order, and no name before all of it is on the disk. */
import test from 'ava';
import { tarRanges } from '../../../src/formats/archives/tar.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { writeLayout } from '../../../src/image/oci/write-layout.ts';
import { digestOf, documentOf } from '../../../src/oci/documents.ts';
import { lineOf } from '../../fakes/effects.ts';
import { fakeHost } from '../../fakes/host.ts';

const top = documentOf('application/vnd.oci.image.index.v1+json', Buffer.from('{"top":1}'));
const inner = documentOf('application/vnd.oci.image.manifest.v1+json', Buffer.from('{"inner":1}'));
const layer = Buffer.alloc(700, 'layer');
const blob = { mediaType: 'application/x', digest: digestOf(layer), size: layer.length };
const content = { top, tag: 'one', documents: [inner, top], blobs: [blob] };
const pathOf = (digest: string) => `blobs/sha256/${digest.replace('sha256:', '')}`;

async function* inTwo(): AsyncGenerator<Uint8Array> {
  yield layer.subarray(0, 300);
  yield layer.subarray(300);
}

test('marker, index, what the index names, then blobs; everybody may read them', async (t) => {
  const host = fakeHost({ files: { '/out/.keep': '' } });
  await writeLayout(host, '/out/a.tar', content, inTwo);
  const archive = await host.files.read('/out/a.tar');
  const found: string[] = [];
  for await (const { path, content: at, size } of tarRanges(fromBytes(archive))) {
    found.push(path);
    t.regex(archive.subarray(at - 512 + 100, at - 512 + 108).toString('latin1'), /^0*644[ \0]+$/);
    if (path === pathOf(blob.digest)) t.true(archive.subarray(at, at + size).equals(layer));
  }
  t.deepEqual(found, [
    ...['oci-layout', 'index.json', pathOf(inner.digest), pathOf(top.digest), pathOf(blob.digest)],
  ]);
  t.true(archive.subarray(-1024).equals(Buffer.alloc(1024)));
  const kinds = host.effects
    .filter(({ path }) => path.startsWith('/out/a.tar'))
    .map((effect) => lineOf(effect).replace(/ \d+\+\d+$/, ''))
    .filter((line, index, all) => line !== all[index - 1]);
  const partial = '/out/a.tar.partial';
  t.deepEqual(kinds.slice(-5), [
    ...[`write ${partial}`, `sync ${partial}`, `close ${partial}`, `rename ${partial} -> /out/a.tar`],
    `remove ${partial}`,
  ]);
});

test('a blob that cannot be read leaves nothing, and nothing open', async (t) => {
  const host = fakeHost({ files: { '/out/.keep': '' } });
  // biome-ignore lint/correctness/useYield: it fails at once.
  const fails = async function* (): AsyncGenerator<Uint8Array> {
    throw new Error('the source is gone');
  };
  await t.throwsAsync(writeLayout(host, '/out/a.tar', content, fails), { message: 'the source is gone' });
  t.deepEqual(await host.files.list('/out'), ['.keep']);
  t.deepEqual(
    host.effects.map(lineOf).filter((line) => /^(close|remove)/.test(line)),
    ['close /out/a.tar.partial', 'remove /out/a.tar.partial'],
  );
});
