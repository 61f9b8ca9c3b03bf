/** The root file system of a medium: read where it lies, or fetched for as long as it is needed; compared in any case. */
import test from 'ava';
import { sha256Of } from '../../../src/host/digest.ts';
import type { ChosenMedium } from '../../../src/install/medium/choose.ts';
import { lookAtImage } from '../../../src/install/medium/iso.ts';
import { withSystemImage } from '../../../src/install/medium/system-image.ts';
import { type FakeSetup, fakeHost } from '../../fakes/host.ts';
import { nothingHeld } from '../../steps/promises.ts';

const path = 'bos/system/os/1/rootfs.squashfs';
const root = 'the root file system';
const listed = { path, size: root.length, sha256: sha256Of(root) };
const manifest = { v: 1, arch: 'amd64', kernel: '6', os: '1', dcp: null, files: [listed] };
const iso = `xxx${root.slice(0, 8)}xx${root.slice(8)}xx${root}`;
const inOnePiece = [{ offset: 3 + root.length + 4, length: root.length }];
const inTwoPieces = [
  { offset: 3, length: 8 },
  { offset: 13, length: root.length - 8 },
];

const inFolder = { manifest, manifestText: '', mediumRoot: '/medium' } as unknown as ChosenMedium;
const inIso = (extents: readonly object[], files = [{ ...listed, extents }]) =>
  ({
    ...inFolder,
    image: { image: { from: 'file', path: '/bos.iso', size: iso.length }, files },
  }) as unknown as ChosenMedium;

/** What `use` is given of the medium, and which files are there meanwhile. */
async function read(medium: ChosenMedium, setup: FakeSetup = {}, fail = false) {
  const host = fakeHost({ ...setup, files: { [`/medium/${path}`]: root, '/bos.iso': iso, ...setup.files } });
  await host.files.makeDir('/tmp/x');
  const said: string[] = [];
  const options = { say: (line: string) => void said.push(line) };
  let meanwhile: string[] = [];
  const result = await withSystemImage(host, medium, '/bos.iso', '/tmp/x', options, async (image) => {
    meanwhile = await host.files.list('/tmp/x');
    if (fail) throw new Error('no');
    return Buffer.from(await image.read(0, 1000)).toString();
  }).catch((error: unknown) => error as Error);
  return { result, meanwhile, said, host };
}
const afterwards = async (host: Awaited<ReturnType<typeof read>>['host']) => ({
  left: await host.files.list('/tmp/x'),
  held: nothingHeld({ run: host.effects, verify: [] }),
});
const nothing = { left: [], held: undefined };

test('in a folder and in one piece of an ISO it is read where it lies', async (t) => {
  for (const medium of [inFolder, inIso(inOnePiece)]) {
    const { result, meanwhile, said, host } = await read(medium);
    t.is(result, root);
    t.deepEqual([meanwhile, said], [[], []]);
    t.deepEqual(await afterwards(host), nothing);
  }
});

test('in several pieces it is put together in the folder, and goes again', async (t) => {
  const { result, meanwhile, said, host } = await read(inIso(inTwoPieces));
  t.is(result, root);
  t.deepEqual(meanwhile, ['rootfs.squashfs']);
  t.is(said.length, 1);
  t.deepEqual(await afterwards(host), nothing);
});

test('whatever fails, nothing is left and nothing stays open', async (t) => {
  for (const medium of [inFolder, inIso(inOnePiece), inIso(inTwoPieces)]) {
    const { result, host } = await read(medium, {}, true);
    t.like(result, { message: 'no' });
    t.deepEqual(await afterwards(host), nothing);
  }
  const spoilt = { files: { [`/medium/${path}`]: 'x', '/bos.iso': iso.toUpperCase() } };
  for (const medium of [inFolder, inIso(inOnePiece), inIso(inTwoPieces)]) {
    const { result, host } = await read(medium, spoilt);
    t.like(result, { code: 'medium-damaged', message: `${path} does not match its digest in the manifest` });
    t.deepEqual(await afterwards(host), nothing);
  }
});

test('a medium without it, and a folder without room, are refused', async (t) => {
  const none = { ...inFolder, manifest: { ...manifest, files: [] } } as unknown as ChosenMedium;
  t.like((await read(none)).result, { code: 'medium-incomplete' });
  t.like((await read(inIso([], []))).result, { code: 'medium-incomplete' });
  const needed = root.length + 64 * 2 ** 20;
  const { result, host } = await read(inIso(inTwoPieces), { freeSpace: needed - 1 });
  t.like(result, { code: 'no-room' });
  t.deepEqual(await afterwards(host), nothing);
  t.is((await read(inIso(inTwoPieces), { freeSpace: needed })).result, root);
  t.is((await read(inIso(inOnePiece), { freeSpace: 0 })).result, root);
});

test('an image that is looked at is closed, whatever is found', async (t) => {
  const host = fakeHost({ files: { '/bos.iso': Buffer.alloc(100_000) } });
  await t.throwsAsync(lookAtImage(host, '/bos.iso', 'url:image', {}));
  t.true(host.effects.some(({ kind }) => kind === 'open'));
  t.is(nothingHeld({ run: host.effects, verify: [] }), undefined);
});
