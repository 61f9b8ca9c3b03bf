/** Layers over one another, as the specification wants them, and what no layer may do. */
import test from 'ava';
import fc from 'fast-check';
import { layered } from '../../../src/build/own/layers.ts';
import { rootBytes } from '../../../src/build/own/root-bytes.ts';
import { OpsError } from '../../../src/errors.ts';
import { tarRanges } from '../../../src/formats/archives/tar.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { runs } from '../../properties.ts';
import { archiveOf, type Layer, shownTree, treeOf } from './archives.ts';

async function shown(...layers: readonly Layer[]) {
  const { root, sources } = await treeOf(...layers);
  return shownTree(root, sources);
}

test('a later layer replaces, adds and removes', async (t) => {
  t.deepEqual(
    await shown(
      [
        ['etc/', ''],
        ['etc/a', '1'],
        ['etc/b', '1'],
        ['usr/lib/x', '1'],
      ],
      [
        ['etc/a', '2'],
        ['etc/.wh.b', ''],
        ['etc/c', '2'],
        ['usr/.wh.lib', ''],
      ],
    ),
    { etc: '/', 'etc/a': '2', 'etc/c': '2', usr: '/' },
  );
});

test('what hides a whole folder does so below its own layer, wherever in it the entry stands', async (t) => {
  const below: Layer = [
    ['d/old', '1'],
    ['d/sub/old', '1'],
  ];
  const expected = { d: '/', 'd/new': '2' };
  t.deepEqual(
    await shown(below, [
      ['d/.wh..wh..opq', ''],
      ['d/new', '2'],
    ]),
    expected,
  );
  t.deepEqual(
    await shown(below, [
      ['d/new', '2'],
      ['d/.wh..wh..opq', ''],
    ]),
    expected,
  );
  t.deepEqual(
    await shown(below, [
      ['d/new', '2'],
      ['d/.wh.sub', ''],
      ['d/.wh.old', ''],
    ]),
    expected,
  );
});

test('a file in the place of a folder takes all that was below; a folder over a folder keeps it', async (t) => {
  t.deepEqual(await shown([['d/a', '1']], [['d', 'a file']]), { d: 'a file' });
  t.deepEqual(await shown([['d/a', '1']], [['d/', '']]), { d: '/', 'd/a': '1' });
  t.deepEqual(
    await shown(
      [['d', '1']],
      [
        ['d/', ''],
        ['d/a', '2'],
      ],
    ),
    { d: '/', 'd/a': '2' },
  );
});

test('entries below a link lie where it leads, inside of the root', async (t) => {
  t.deepEqual(
    await shown(
      [
        ['usr/bin/', ''],
        ['bin', '->usr/bin'],
        ['lib', '->/usr/lib'],
        ['usr/lib/', ''],
      ],
      [
        ['bin/x', '1'],
        ['lib/y', '2'],
      ],
    ),
    {
      ...{ bin: '-> usr/bin', lib: '-> /usr/lib', usr: '/', 'usr/bin': '/', 'usr/lib': '/' },
      ...{ 'usr/bin/x': '1', 'usr/lib/y': '2' },
    },
  );
});

test('a file keeps its content under its other name when the first one is replaced or hidden', async (t) => {
  const layers: Layer[] = [
    [
      ['a', 'first'],
      ['b', { kind: 'link', linkpath: 'a' }],
      ['c', { kind: 'link', linkpath: './a' }],
    ],
    [['a', 'second']],
  ];
  t.deepEqual(await shown(...layers), { a: 'second', b: 'first', c: 'first' });
  const { root, sources } = await treeOf(...layers);
  const pieces: Uint8Array[] = [];
  for await (const piece of rootBytes(root, sources)) pieces.push(piece);
  const kinds: unknown[] = [];
  for await (const { path, details } of tarRanges(fromBytes(Buffer.concat(pieces))))
    kinds.push([path, details.kind, details.linkpath]);
  t.deepEqual(kinds, [
    ['./a', 'file', ''],
    ['./b', 'file', ''],
    ['./c', 'link', './b'],
  ]);
});

test('owners, modes, devices and attributes come through', async (t) => {
  const capability = Buffer.from([1, 0, 0, 2, 0, 0x0a, 0, 0, 0xff]);
  const rest = Buffer.concat([
    Buffer.from(' SCHILY.xattr.security.capability='),
    capability,
    Buffer.from('\n'),
  ]);
  const records = Buffer.concat([Buffer.from(String(rest.length + 2)), rest]);
  const long = `usr/${'a-long-name/'.repeat(20)}file`;
  const { root, sources } = await treeOf([
    ['usr/ping', { content: 'ping', mode: 0o4755, uid: 7, gid: 100_000, records }],
    [long, { content: 'x', uid: 3_000_000, records }],
    [`${long}-link`, { kind: 'symlink', linkpath: `${'x/'.repeat(90)}y` }],
    ['null', { kind: 'character', device: [1, 3], mode: 0o666 }],
    ['pipe', { kind: 'fifo' }],
  ]);
  const pieces: Uint8Array[] = [];
  for await (const piece of rootBytes(root, sources)) pieces.push(piece);
  const again = Buffer.concat(pieces);
  const found = new Map<string, unknown>();
  const links = new Map<string, string>();
  for await (const {
    path,
    details: { mode, uid, gid, device, records: kept },
  } of tarRanges(fromBytes(again)))
    found.set(path, [mode, uid, gid, device, Buffer.from(kept).includes(capability)]);
  t.deepEqual(found.get('./usr/ping'), [0o4755, 7, 100_000, [0, 0], true]);
  t.deepEqual(found.get(`./${long}`), [0o644, 3_000_000, 0, [0, 0], true]);
  t.deepEqual(found.get('./null'), [0o666, 0, 0, [1, 3], false]);
  t.true(found.has('./pipe'));
  for await (const { path, details } of tarRanges(fromBytes(again))) links.set(path, details.linkpath);
  t.is(links.get(`./${long}-link`), `${'x/'.repeat(90)}y`);
});

const unsafe: readonly (readonly [string, Layer, RegExp])[] = [
  ['a path with ..', [['usr/../../etc/passwd', 'x']], /etc\/passwd: its path has \.\./],
  ['a whiteout with ..', [['../.wh.etc', '']], /its path has \.\./],
  [
    'a link that climbs out',
    [['usr/x', '->../../etc/shadow']],
    /usr\/x: it leads out of the root: \.\.\/\.\.\/etc\/shadow/,
  ],
  [
    'a file below a link that climbs out',
    [
      ['usr/x', '->../..'],
      ['usr/x/y', '1'],
    ],
    /leads out of the root/,
  ],
  [
    'a hard link out',
    [['x', { kind: 'link', linkpath: '../etc/shadow' }]],
    /x: it is a link out of the root/,
  ],
  [
    'a hard link to nothing',
    [['x', { kind: 'link', linkpath: 'nothing' }]],
    /a link to nothing, which is not there/,
  ],
  [
    'a hard link to a folder',
    [
      ['d/', ''],
      ['x', { kind: 'link', linkpath: 'd' }],
    ],
    /hard link to a folder/,
  ],
  [
    'a file below a file',
    [
      ['x', '1'],
      ['x/y', '2'],
    ],
    /x is not a folder/,
  ],
  [
    'a file below links in a circle',
    [
      ['a', '->b'],
      ['b', '->a'],
      ['a/x', '1'],
    ],
    /a is a link that leads nowhere/,
  ],
  ['a path that is too long', [[`${'a/'.repeat(3000)}x`, '1']], /more than 4096 characters/],
];

for (const [name, layer, words] of unsafe)
  test(`refused: ${name}`, async (t) => {
    const error = await t.throwsAsync<OpsError>(treeOf([['usr/', '']], layer), { instanceOf: OpsError });
    t.is(error?.code, 'layer-unsafe');
    t.is(error?.kind, 'refused');
    t.regex(error?.details.join('\n') ?? '', words);
  });

test('all faults of a layer at once, without what a terminal would obey', async (t) => {
  const error = await t.throwsAsync<OpsError>(
    treeOf([
      ['../a', '1'],
      ['../b\u001b[2J', '1'],
      ['c', { kind: 'link', linkpath: 'd' }],
    ]),
  );
  t.is(error?.details.length, 3);
  t.false(error?.details.join('').includes('\u001b'));
});

test('a layer that was cut off is refused, wherever the cut is', async (t) => {
  const whole = archiveOf([
    ['a', 'x'.repeat(2000)],
    ['b', 'y'],
  ]);
  for (let size = 0; size < whole.length - 1024; size += 256) {
    const source = fromBytes(whole.subarray(0, size));
    const error = await t.throwsAsync<OpsError>(
      layered([{ name: 'the layer', source }]),
      undefined,
      `${size}`,
    );
    t.is(error?.code, 'layer-damaged', `${size}`);
  }
});

test('changed bytes make a tree or a refusal, nothing else', async (t) => {
  const whole = archiveOf([
    ['usr/', ''],
    ['usr/a', 'x'],
    ['b', '->usr/a'],
    ['c', { kind: 'link', linkpath: 'usr/a' }],
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [offset, value] of changes) bytes[offset] = value;
        // What the checksums of headers would find alone is not of interest.
        for (let block = 0; block < bytes.length; block += 512)
          mendChecksum(bytes.subarray(block, block + 512));
        try {
          await layered([{ name: 'x', source: fromBytes(bytes) }]);
        } catch (error) {
          t.true(error instanceof OpsError, String(error));
        }
      },
    ),
    { numRuns: runs(500) },
  );
});

function mendChecksum(block: Buffer): void {
  if (block[0] === 0) return;
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, value) => total + value, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}
