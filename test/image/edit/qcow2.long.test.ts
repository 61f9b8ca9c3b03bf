/** Settings of an image that is no raw one: by the judgement of qemu-img. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { tool } from '../../formats/support.ts';
import { host, inForce, nothing, setUp } from './edit-support.ts';

test('a qcow2 image, in place: only what changes is written, and it stays sound', async (t) => {
  const { folder, image, edit, config } = await setUp(t);
  const qcow2 = join(folder, 'disk.qcow2');
  tool('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', image, qcow2);
  const { size } = statSync(qcow2);
  const change = { menu: { ...nothing, append: ['x'] }, config: config('two') };
  await edit({ image: qcow2, ...change });
  await edit(change);
  t.is(statSync(qcow2).size, size);
  t.regex(tool('qemu-img', 'check', qcow2), /No errors/);
  t.regex(tool('qemu-img', 'compare', image, qcow2), /identical/);
  t.regex((await inForce(qcow2)).args, / x$/);
  await edit({ image: qcow2, undo: true });
  await edit({ undo: true });
  t.regex(tool('qemu-img', 'compare', image, qcow2), /identical/);

  const packed = join(folder, 'packed.qcow2');
  tool('qemu-img', 'convert', '-c', '-f', 'raw', '-O', 'qcow2', image, packed);
  const digest = await host.files.digest(packed);
  await t.throwsAsync(edit({ image: packed, ...change }), { code: 'image-not-in-place' });
  t.is(await host.files.digest(packed), digest);
  const vmdk = join(folder, 'disk.vmdk');
  tool('qemu-img', 'convert', '-f', 'raw', '-O', 'vmdk', image, vmdk);
  await t.throwsAsync(edit({ image: vmdk, ...change }), { code: 'image-packed' });
});
