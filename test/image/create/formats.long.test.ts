/** The rest of the formats, which qemu-img and tar read: larger files, and nothing that is not in outputs.long.test.ts in small. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { tool } from '../../formats/support.ts';
import { expectSame, host, setUp, soundOutput } from './made-image.ts';

const [MiB, GiB] = [2 ** 20, 2 ** 30];

for (const [ending, format] of [
  ['vmdk', 'vmdk'],
  ['vhd', 'vpc'],
  ['vhdx', 'vhdx'],
] as const)
  test(`${ending} holds the disk that raw holds`, async (t) => {
    const { make } = setUp(t);
    const raw = await make('disk.img');
    const image = await make(`disk.${ending}`);
    t.regex(expectSame(raw, image, format), /identical/);
    if (ending !== 'vhd') tool('qemu-img', 'check', '-f', format, image);
    t.is(JSON.parse(tool('qemu-img', 'info', '--output=json', '-f', format, image))['virtual-size'] % MiB, 0);
    soundOutput(t, image);
    const again = await make(`again.${ending}`);
    t.is(
      await host.files.digest(again),
      await host.files.digest(image),
      'the same input gives the same bytes',
    );
  });

test('an archive for Google: a disk of whole GiB', async (t) => {
  const { folder, make } = setUp(t);
  const raw = await make('disk.img', { size: 3 * GiB });
  const archive = await make('disk.tar.gz');
  soundOutput(t, archive);
  t.is(tool('tar', '-tzf', archive), 'disk.raw\n');
  tool('tar', '-C', folder, '-xzf', archive);
  t.is(statSync(join(folder, 'disk.raw')).size % GiB, 0);
  t.regex(expectSame(raw, join(folder, 'disk.raw'), 'raw'), /identical/);
});

test('raw, compressed by zstd', async (t) => {
  const { folder, make } = setUp(t);
  const raw = await make('disk.img');
  const packed = await make('disk2.img.zst');
  soundOutput(t, packed);
  t.true(existsSync(`${packed}.bmap`));
  tool('zstd', '-d', '-k', '-q', packed);
  t.is(await host.files.digest(join(folder, 'disk2.img')), await host.files.digest(raw));
});
