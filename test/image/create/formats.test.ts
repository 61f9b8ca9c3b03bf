/** The format of an image by its name, and what is left when it fails. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { chosenFormat } from '../../../src/image/create/chosen-format.ts';
import type { ImageRequest } from '../../../src/image/create/create.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { setUp } from './made-image.ts';

test('the format is what was said, or what the name says', (t) => {
  const chosen = (output: string, more: Partial<ImageRequest> = {}) =>
    Object.values(chosenFormat({ output: `/x/${output}`, ...more })).join(' ');
  t.is(chosen('node.img'), 'raw ');
  t.is(chosen('node'), 'raw ');
  t.is(chosen('NODE.QCOW2'), 'qcow2 ');
  t.is(chosen('node.img.xz'), 'raw xz');
  t.is(chosen('node.vhd.zst'), 'vhd zst');
  t.is(chosen('node.tar.gz'), 'gce ');
  t.is(chosen('node.bin', { format: 'raw' }), 'raw ');
  t.is(chosen('node.raw', { compress: 'gz' }), 'raw gz');
  t.is(chosen('node.gz', { format: 'qcow2' }), 'qcow2 gz');
  t.is(chosen('node.gz', { format: 'gce' }), 'gce ');
  for (const name of ['node.bin', 'node.qcow', 'node.vmdk.gz', 'node.gz'])
    t.throws(() => chosen(name), { code: 'format-unclear', message: new RegExp(name) });
  t.throws(() => chosen('node.ova', { compress: 'gz' }), { code: 'format-not-compressed' });
});

test('a full disk leaves nothing', async (t) => {
  const mount = temporaryFolder(t);
  tool('mount', '-t', 'tmpfs', '-o', 'size=45m', 'tmpfs', mount);
  try {
    const { make } = setUp(t);
    const error = await t.throwsAsync(make('x', { output: join(mount, 'disk.qcow2') }), {
      instanceOf: OpsError,
    });
    t.is(error?.code, 'write-failed', error?.message);
    t.regex(error?.message ?? '', /no space is left/);
    t.deepEqual(readdirSync(mount), []);
  } finally {
    tool('umount', mount);
  }
});
