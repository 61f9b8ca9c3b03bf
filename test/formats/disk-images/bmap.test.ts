/** The block map, as bmaptool's own rules read it. */
import { createHash } from 'node:crypto';
import test from 'ava';
import { renderBmap } from '../../../src/formats/disk-images/bmap.ts';

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

test('blocks, their number, and the digest of the file itself', (t) => {
  const text = renderBmap(10 * 4096 + 512, [
    { offset: 0, length: 4096, sha256: digest('first') },
    { offset: 3 * 4096, length: 2 * 4096, sha256: digest('second') },
    { offset: 10 * 4096, length: 512, sha256: digest('last') },
  ]);
  const own = /<BmapFileChecksum> ([0-9a-f]{64}) </.exec(text)?.[1] ?? '';
  t.is(digest(text.replace(own, '0'.repeat(64))), own);
  t.regex(text, /<bmap version="2\.0">/);
  t.regex(text, /<ImageSize> 41472 </);
  t.regex(text, /<BlocksCount> 11 </);
  t.regex(text, /<MappedBlocksCount> 4 </);
  const rows = [...text.matchAll(/<Range chksum="([0-9a-f]+)"> ([\d-]+) </g)].map(([, sum, range]) => [
    sum,
    range,
  ]);
  t.deepEqual(rows, [
    [digest('first'), '0'],
    [digest('second'), '3-4'],
    [digest('last'), '10'],
  ]);
});
