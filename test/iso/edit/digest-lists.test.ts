/** The manifest after a change of a DCP: one row for it, with the new digest, and none of the one before. */
import test from 'ava';
import { withDigestLists } from '../../../src/iso/edit/digest-lists.ts';
import type { FileChange } from '../../../src/iso/edit/patch-plan.ts';
import type { Image } from '../../../src/iso/image.ts';
import { parseManifest, renderManifest } from '../../../src/media/manifest.ts';
import { manifest } from '../../install/fixtures.ts';
import { host } from './edit-support.ts';

const manifestPath = 'bos/system/manifest.json';
const dcp = (version: string) => `bos/system/dcp/${version}/dcp`;

/** An image that has nothing but a manifest, which lists these files too. */
function imageWith(version: string): Image {
  const row = { path: dcp(version), size: 3, sha256: '0'.repeat(64) };
  const text = renderManifest({ ...manifest, dcp: version, files: [...manifest.files, row] });
  const stat = async (path: string) => (path === manifestPath ? { type: 'file', path } : undefined);
  return { iso: { stat, list: async () => [], readFile: async () => Buffer.from(text) } } as unknown as Image;
}

const rowsAfter = async (before: string, after: string) => {
  const change: FileChange = { path: dcp(after), content: { kind: 'bytes', bytes: Buffer.from('new!') } };
  const { files } = await withDigestLists(host, imageWith(before), [change]);
  const content = files.find(({ path }) => path === manifestPath)?.content;
  if (content?.kind !== 'bytes') throw new Error('the manifest did not change');
  const changed = parseManifest(Buffer.from(content.bytes).toString(), manifestPath);
  return {
    dcp: changed.dcp,
    others: changed.files.filter(({ path }) => !path.includes('/dcp/')),
    rows: changed.files.filter(({ path }) => path.includes('/dcp/')).map(({ path, size }) => [path, size]),
  };
};

for (const before of ['sha256-a', 'sha256-b'])
  test(`from ${before} to sha256-b: one row, and the rest as it was`, async (t) => {
    t.deepEqual(await rowsAfter(before, 'sha256-b'), {
      dcp: 'sha256-b',
      others: manifest.files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      rows: [[dcp('sha256-b'), 4]],
    });
  });
