import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../src/errors.ts';
import { parseBmap } from '../../src/formats/bmap.ts';
import { bmapOf, type MadeMap, sealed } from './bmap-text.ts';

const image = Buffer.alloc(10 * 4096 + 100, 'image');
const sound: MadeMap = {
  ranges: [
    [0, 1],
    [3, 3],
    [8, 10],
  ],
};

test('a map: its ranges in bytes, the last one as long as the image', (t) => {
  const map = parseBmap(bmapOf(image, sound), 'it');
  t.is(map.imageSize, image.length);
  t.is(map.checksumType, 'sha256');
  t.deepEqual(
    map.ranges.map(({ offset, length }) => [offset, length]),
    [
      [0, 8192],
      [3 * 4096, 4096],
      [8 * 4096, 2 * 4096 + 100],
    ],
  );
  t.true(map.ranges.every(({ checksum }) => /^[0-9a-f]{64}$/.test(checksum ?? '')));
});

test('versions 1.4 and 2.0, other checksums, ranges without any', (t) => {
  t.is(parseBmap(bmapOf(image, { ...sound, version: '1.4' }), 'it').ranges.length, 3);
  t.is(parseBmap(bmapOf(image, { ...sound, type: 'sha512' }), 'it').checksumType, 'sha512');
  const bare = parseBmap(bmapOf(image, { ...sound, checksums: false }), 'it');
  t.true(bare.ranges.every(({ checksum }) => checksum === undefined));
  t.deepEqual(parseBmap(bmapOf(image, { ranges: [] }), 'it').ranges, []);
});

const runs = fc
  .uniqueArray(fc.nat(200), { maxLength: 20 })
  .map((edges) => edges.toSorted((a, b) => a - b))
  .map((edges) =>
    edges.flatMap((first, index): [number, number][] =>
      index % 2 === 0 ? [[first, edges[index + 1] ?? first]] : [],
    ),
  );

test('property: whatever is mapped comes back, in order and inside of the image', (t) => {
  const size = fc.integer({ min: 200 * 512 + 1, max: 201 * 512 });
  fc.assert(
    fc.property(runs, size, (ranges, bytes) => {
      const map = parseBmap(bmapOf(Buffer.alloc(bytes, 7), { ranges, blockSize: 512 }), 'it');
      t.deepEqual(
        map.ranges.map(({ offset, length }) => [offset, length]),
        ranges.map(([first, last]) => [first * 512, Math.min(bytes, (last + 1) * 512) - first * 512]),
      );
    }),
  );
});

test('property: a map with any byte changed is refused', (t) => {
  const text = bmapOf(image, sound);
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.integer({ min: 0x20, max: 0x7e }), (position, code) => {
      const changed = `${text.slice(0, position)}${String.fromCharCode(code)}${text.slice(position + 1)}`;
      if (changed.toLowerCase() === text.toLowerCase()) return;
      t.throws(() => parseBmap(changed, 'it'), { instanceOf: OpsError, code: 'bmap-invalid' });
    }),
  );
});

const edited = (pattern: string | RegExp, by: string) =>
  bmapOf(image, { ...sound, edit: (text) => text.replace(pattern, by) });
const refusals: Readonly<Record<string, string>> = {
  'version 1.3': bmapOf(image, { ...sound, version: '1.3' }),
  'version 3.0': bmapOf(image, { ...sound, version: '3.0' }),
  'no version': edited(' version="2.0"', ''),
  'another document': edited(/bmap/g, 'amap'),
  'a document type': edited('<!-- This', '<!DOCTYPE bmap SYSTEM "/etc/passwd">\n<!-- This'),
  'an entity': edited(' 0-1 ', ' &range; '),
  'a range twice': edited(' 3 ', ' 1 '),
  'a range backwards': edited(' 8-10 ', ' 10-8 '),
  'a range outside of the image': edited(' 8-10 ', ' 8-11 '),
  'a range that is none': edited(' 8-10 ', ' 8-9-10 '),
  'a negative range': edited(' 3 ', ' -3 '),
  'something else among the ranges': edited('</BlockMap>', '<Block/></BlockMap>'),
  'more blocks than it lists': edited('<MappedBlocksCount> 6', '<MappedBlocksCount> 7'),
  'blocks of another size': edited(' 4096 ', ' 8192 '),
  'blocks of no size': edited(' 4096 ', ' 0 '),
  'a field twice': edited('<BlockMap>', '<ImageSize> 1 </ImageSize><BlockMap>'),
  'a checksum of another kind': edited(' sha256 ', ' md5 '),
  'a checksum that is too short': edited(/chksum="../, 'chksum="'),
  'an element that is not closed': edited('</bmap>', ''),
  'an element closed twice': edited('</bmap>', '</bmap></bmap>'),
  'two documents': `${bmapOf(image, sound)}<bmap/>`,
  'too deep': edited('<BlockMap>', `${'<a>'.repeat(20)}${'</a>'.repeat(20)}<BlockMap>`),
  nothing: '',
  'not XML': 'hello',
  'its checksum twice': sealed(bmapOf(image, sound)).replace(
    /<BmapFileChecksum>(\w+)</,
    '<BmapFileChecksum>$1</BmapFileChecksum><BmapFileChecksum>$1<',
  ),
};
for (const [what, text] of Object.entries(refusals))
  test(`refused: ${what}`, (t) => {
    const error = t.throws(() => parseBmap(text, '/images/disk.bmap'), { code: 'bmap-invalid' });
    t.regex(error?.message ?? '', /^\/images\/disk\.bmap is not a sound block map: /);
  });
