/** ISO images, looked at from all sides and changed in memory; the file systems that lie in them. */
import { gunzipSync } from 'node:zlib';
import { locateSettings, swapped } from '../../../src/boot/image-settings.ts';
import { layered } from '../../../src/build/own/layers.ts';
import { rootBytes } from '../../../src/build/own/root-bytes.ts';
import { paxRecord } from '../../../src/formats/archives/pax-records.ts';
import { decodeBlockIndex, encodeBlockIndex } from '../../../src/formats/block-index.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { probeExt4 } from '../../../src/formats/filesystems/ext4.ts';
import { openExt4 } from '../../../src/formats/filesystems/ext4-reader.ts';
import { probeFat } from '../../../src/formats/filesystems/fat/boot-sector.ts';
import { changedFatFile, missingRoom } from '../../../src/formats/filesystems/fat/edit.ts';
import { listFatFolder, readFatFile } from '../../../src/formats/filesystems/fat/file.ts';
import { removedFromFat, renamedInFat } from '../../../src/formats/filesystems/fat/remove.ts';
import { fileSystemIdentity } from '../../../src/formats/filesystems/identity.ts';
import { openSquashfs } from '../../../src/formats/filesystems/squashfs.ts';
import { squashfsPieces } from '../../../src/formats/filesystems/squashfs-pieces.ts';
import { partsOf } from '../../../src/formats/multipart-byteranges.ts';
import { choose, needsRebuild } from '../../../src/iso/edit/choose.ts';
import { overlaid } from '../../../src/iso/edit/overlay.ts';
import { openImage } from '../../../src/iso/image.ts';
import { inspectIso } from '../../../src/iso/inspect/inspect.ts';
import { verifyIso } from '../../../src/iso/inspect/verify.ts';
import { finalPieces } from '../../../src/iso/pieces.ts';
import { settingsVolume } from '../../boot/settings-volume.ts';
import { archiveOf } from '../../build/own/archives.ts';
import { multipartOf } from '../../fakes/range-server.ts';
import { handMade } from '../../formats/iso9660/hand-made.ts';
import { tool } from '../../formats/support.ts';
import { corpusImage } from '../../iso/corpus.ts';
import { made } from './made.ts';
import { bytes, each, filesOf, type Parser } from './parser.ts';

const images = () => [
  handMade({ fields: true, sharing: { before: 0, skip: 0 }, joliet: true }),
  handMade({ fields: true, sharing: { before: 14, skip: 14 } }),
  handMade({ fields: false }),
  ...(['crash-minimal', 'joliet-symlink', 'plain', 'udf'] as const).map(corpusImage),
  ...filesOf('test/formats/iso9660/corpus', '.gz')
    .map((packed) => gunzipSync(packed))
    .filter(({ length }) => length <= 2 ** 21),
];

/** A file changed and one added, then the image as it would be, looked at again. */
async function changed(input: Uint8Array): Promise<void> {
  const image = await openImage(fromBytes(input), 'it');
  const files = ['boot/grub/grub.cfg', 'new/folder/file'].map((path) => ({
    ...{ path, content: { kind: 'bytes', bytes: Buffer.alloc(3000, 'x') } as const },
  }));
  try {
    const { patch } = await choose(image, { files });
    const after = overlaid(image.source, finalPieces(patch), patch.newSize, () => Promise.reject());
    await inspectIso(after, 'it');
  } catch (error) {
    if (!needsRebuild(error)) throw error;
  }
}

const fatVolume = (bits: 12 | 16) =>
  made((file) => {
    tool('mkfs.fat', '-C', '-F', `${bits}`, '-s', '1', file, bits === 12 ? '360' : '5000');
    tool('mmd', '-i', file, '::/EFI', '::/EFI/BOOT', '::/EFI/a long name of a folder');
    for (const name of ['BOOTX64.EFI', 'a rather long name.config'])
      tool('mcopy', '-i', file, '/bin/true', `::/EFI/BOOT/${name}`);
  });

/** Files, links and a name that takes an extended header, with an attribute. */
const smallLayer = (): Buffer => {
  const record = paxRecord('SCHILY.xattr.user.a', 'value');
  return archiveOf([
    ['usr/', ''],
    ['usr/file', { content: 'some content', records: record }],
    [`usr/${'a-long-name/'.repeat(12)}ä`, 'x'],
    ['bin', '->usr'],
    ['bin/other', { kind: 'link', linkpath: 'usr/file' }],
    ['usr/.wh.gone', ''],
  ]);
};

const squashfs = () =>
  made((file) => {
    tool(
      'mksquashfs',
      'test/corpus',
      file,
      '-quiet',
      '-no-progress',
      '-comp',
      'gzip',
      '-b',
      '4K',
      '-all-root',
    );
  });

export const imageParsers: Readonly<Record<string, Parser>> = {
  'ISO image': {
    seeds: images,
    parse: (input) =>
      each(
        () => inspectIso(fromBytes(input), 'it'),
        () => verifyIso(fromBytes(input), 'it'),
      ),
  },
  'ISO image, changed': { seeds: images, parse: changed },
  'FAT volume': {
    seeds: () => [fatVolume(12)],
    parse: (input) => {
      const source = fromBytes(input);
      return each(
        () => probeFat(source),
        () => fileSystemIdentity(source),
        () => listFatFolder(source, 'EFI/BOOT'),
        () => readFatFile(source, 'EFI/BOOT/a rather long name.config'),
      );
    },
  },
  'FAT volume, changed': {
    seeds: () => [fatVolume(12)],
    parse: (input) => {
      const [source, path] = [fromBytes(input), 'EFI/BOOT/BOOTX64.EFI'];
      return each(
        () => changedFatFile(source, path, Buffer.alloc(100_000)),
        () => missingRoom(source, path, Buffer.alloc(1_000_000)),
        () => removedFromFat(source, path),
        () => renamedInFat(source, path, 'A.EFI'),
      );
    },
  },
  ext4: {
    seeds: () => [
      made((file) =>
        tool('mke2fs', '-q', '-t', 'ext4', '-b', '1024', '-d', 'test/corpus/parsers', file, '512k'),
      ),
    ],
    parse: async (input) => {
      await probeExt4(fromBytes(input));
      const reader = await openExt4(fromBytes(input));
      await each(
        async () => (await reader.open('images.ts'))?.read(0, 2 ** 20),
        () => reader.list(''),
        () => reader.stat('lost+found/x'),
      );
    },
  },
  'settings of a disk image': {
    seeds: () => [settingsVolume({ menu: 'a menu', config: 'hostname: one' })],
    parse: async (input) => {
      const settings = await locateSettings(fromBytes(input));
      const { offset = 0, length = 0 } = settings?.sector ?? {};
      return settings && swapped(input.subarray(offset, offset + length), settings);
    },
  },
  'index of blocks': {
    seeds: () => [
      encodeBlockIndex({
        ...{ size: 300, sha256: 'ab'.repeat(32) },
        pieces: [
          { offset: 0, length: 96, digest: '01'.repeat(16) },
          { offset: 96, length: 204, digest: '02'.repeat(16) },
        ],
      }),
    ],
    parse: (input) => decodeBlockIndex(input, 'it'),
  },
  'several ranges in one answer': {
    seeds: () => [
      multipartOf([
        { start: 5, end: 10, total: 20, bytes: Buffer.from('12345') },
        { start: 12, end: 13, total: '*', bytes: Buffer.from('\n') },
      ]),
    ],
    parse: async (input) => {
      const body = async function* () {
        yield input;
      };
      for await (const _ of partsOf(body(), 'between_parts'));
    },
  },
  'layers of an image': {
    seeds: () => [smallLayer(), ...bytes('ustar')],
    parse: async (input) => {
      const source = fromBytes(input);
      const root = await layered([{ name: 'a layer', source }]);
      for await (const _ of rootBytes(root, [source]));
    },
  },
  'squashfs, its pieces': {
    seeds: () => [squashfs(), ...bytes('hsqs')],
    parse: (input) => squashfsPieces(fromBytes(input)),
  },
  squashfs: {
    seeds: () => [squashfs(), ...bytes('hsqs')],
    parse: async (input) => {
      const image = await openSquashfs(fromBytes(input));
      const looks = ['', 'iso', 'parsers', 'parsers/../iso'].map((path) => async () => {
        for (const name of await image.list(path)) await image.stat(`${path}/${name}`);
      });
      await each(...looks, () => image.readFile('parsers/images.ts', 1e6));
    },
  },
};
