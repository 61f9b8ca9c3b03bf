/** What an ISO must be to be installed from: known by content, and nothing in it believed. */
import { readFileSync, writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../src/errors.ts';
import { sha256Of } from '../../src/host/digest.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { openImage } from '../../src/media/image.ts';
import { readImageMedium } from '../../src/media/image-medium.ts';
import { type Manifest, manifestPath, renderManifest } from '../../src/media/manifest.ts';
import { signaturePath } from '../../src/media/signature.ts';
import { serveRanges } from '../fakes/range-server.ts';
import { runs } from '../properties.ts';
import { contents, makeIso, manifest, manifestText } from './small-iso.ts';

const host = linuxHost();

async function readFrom(t: ExecutionContext, place: string) {
  const image = await openImage(host, place, 'url:image');
  t.teardown(image.close);
  return { image, medium: await readImageMedium(image) };
}

for (const [how, place] of [
  ['a path', async (_: ExecutionContext, iso: string) => iso],
  ['a file URL', async (_: ExecutionContext, iso: string) => `file://${iso}`],
  [
    'HTTP',
    async (t: ExecutionContext, iso: string) => {
      const server = await serveRanges({ file: iso });
      t.teardown(server.close);
      return server.url;
    },
  ],
  [
    'HTTP without ranges',
    async (t: ExecutionContext, iso: string) => {
      const server = await serveRanges({ file: iso }, { ranges: false });
      t.teardown(server.close);
      return server.url;
    },
  ],
] as const)
  test(`an ISO by ${how}: manifest, signature and where each file lies`, async (t) => {
    const iso = makeIso(t, { [signaturePath]: 'a signature' });
    const { medium } = await readFrom(t, await place(t, iso));
    t.is(medium.manifestText, manifestText);
    t.is(medium.signature, 'a signature');
    const bytes = readFileSync(iso);
    const there = medium.files.map(({ path, extents }) => [
      path,
      sha256Of(Buffer.concat(extents.map(({ offset, length }) => bytes.subarray(offset, offset + length)))),
    ]);
    t.deepEqual(
      there,
      Object.entries(contents).map(([path, content]) => [path, sha256Of(content)]),
    );
  });

const refuses = test.macro({
  title: (_, name: string) => `refused: ${name}`,
  exec: async (
    t,
    _name: string,
    more: Parameters<typeof makeIso>[1],
    code: string,
    says: RegExp,
    spoil?: (bytes: Buffer) => Uint8Array,
  ) => {
    const iso = makeIso(t, more);
    if (spoil !== undefined) writeFileSync(iso, spoil(readFileSync(iso)));
    const error = await t.throwsAsync(readFrom(t, iso));
    if (!(error instanceof OpsError)) return t.fail(String(error));
    t.is(error.kind, 'refused');
    t.is(error.code, code);
    t.regex([error.message, ...error.details].join('\n'), says);
  },
});
const [first = { path: '', size: 0, sha256: '' }, ...rest] = manifest.files;
const rootfs = 'bos/system/os/0.1.0/rootfs.squashfs';
const manifestOf = (changes: Partial<Manifest>) => ({
  [manifestPath]: renderManifest({ ...manifest, ...changes }),
});

test(refuses, 'no manifest', { [manifestPath]: undefined }, 'manifest-missing', /not a Bhojpur OS one/);
test(refuses, 'no ISO at all', {}, 'iso-invalid', /not an ISO 9660 image/, () => Buffer.alloc(100_000, 'x'));
test(refuses, 'a web page', {}, 'iso-invalid', /not an ISO/, () => Buffer.from('<html>Not found</html>'));
test(refuses, 'an ISO cut short', {}, 'iso-truncated', /bytes instead of/, (bytes) =>
  bytes.subarray(0, bytes.length / 2),
);
test(
  refuses,
  'a manifest that is a link in circles',
  { [manifestPath]: '-> manifest.json' },
  'iso-invalid',
  /loop/,
);
test(
  refuses,
  'a manifest of megabytes',
  { [manifestPath]: ' '.repeat(2_000_000) },
  'iso-file-too-large',
  /2000000/,
);
test(refuses, 'a manifest that is none', { [manifestPath]: '{"v":1}' }, 'manifest-invalid', /arch/);
test(
  refuses,
  'a path that leads out of the target',
  manifestOf({ files: [{ ...first, path: 'bos/system/os/../../../etc/passwd' }, ...rest] }),
  'manifest-invalid',
  /\. or \.\. part/,
);
test(
  refuses,
  'a file that is another part of the target',
  manifestOf({ files: [...manifest.files, { ...first, path: 'boot/grub/grub.cfg' }] }),
  'manifest-incomplete',
  /boot\/grub\/grub\.cfg does not belong/,
);
test(
  refuses,
  'a file in the place of a link',
  manifestOf({ files: [...manifest.files, { ...first, path: 'bos/system/os/current/x' }] }),
  'manifest-incomplete',
  /current\/x does not belong/,
);
test(
  refuses,
  'a file that is a folder too',
  manifestOf({ files: [...manifest.files, { ...first, path: `${rootfs}/x` }] }),
  'manifest-incomplete',
  /rootfs\.squashfs is a file and a folder/,
);
test(
  refuses,
  'a file twice',
  manifestOf({ files: [...manifest.files, first] }),
  'manifest-incomplete',
  /twice/,
);
test(refuses, 'nothing to boot', manifestOf({ files: [] }), 'manifest-incomplete', /vmlinuz is not in it/);
test(
  refuses,
  'DCP that does not exist',
  manifestOf({ dcp: '1.25.0' }),
  'manifest-incomplete',
  /bos\/system\/dcp\/1\.25\.0\/dcp is not in it/,
);
test(
  refuses,
  'a file that is missing',
  { [rootfs]: undefined },
  'medium-incomplete',
  /rootfs\.squashfs: is missing/,
);
test(refuses, 'a file of another size', { [rootfs]: 'x' }, 'medium-incomplete', /1 bytes instead of 3000123/);
test(
  refuses,
  'a folder in the place of a file',
  { [rootfs]: undefined, [`${rootfs}/x`]: 'x' },
  'medium-incomplete',
  /rootfs\.squashfs: is not a file/,
);
test(refuses, 'a link in circles', { [rootfs]: '-> rootfs.squashfs' }, 'medium-incomplete', /loop/);
test(
  refuses,
  'a file that lies beyond the end',
  {},
  'medium-incomplete',
  /rootfs\.squashfs is at an impossible place/,
  // The record of rootfs.squashfs: its name stands at 33, the place of its extent at 2 (ECMA-119 9.1).
  (bytes) => {
    const record = bytes.indexOf('ROOTFS') - 33;
    bytes.writeUInt32LE(0x7fffff, record + 2);
    return bytes;
  },
);

test('property: any change of the folders is refused, or changes nothing that is copied', async (t) => {
  const iso = makeIso(t);
  const bytes = readFileSync(iso);
  const { medium } = await readFrom(t, iso);
  const firstFile = Math.min(...medium.files.flatMap(({ extents }) => extents.map(({ offset }) => offset)));
  const damagedIso = `${iso}.damaged`;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 32_768, max: firstFile - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        writeFileSync(damagedIso, damaged);
        try {
          const found = await readFrom(t, damagedIso);
          for (const { extents } of found.medium.files)
            for (const { offset, length } of extents) t.true(offset + length <= damaged.length);
        } catch (error) {
          if (!(error instanceof OpsError)) throw error;
          t.is(error.kind, 'refused');
        }
      },
    ),
    { numRuns: runs(200) },
  );
});

test('an ISO that does not exist, and a place that is none', async (t) => {
  await t.throwsAsync(readFrom(t, '/nowhere/bos.iso'), { code: 'iso-unreadable', message: /does not exist/ });
  await t.throwsAsync(readFrom(t, 'file://server/bos.iso'), { code: 'iso-url' });
  await t.throwsAsync(readFrom(t, 'gopher://me:hush@server/bos.iso'), {
    code: 'iso-url',
    message: /^(?!.*hush)/,
  });
});
