/** The image in other formats: what other programs make of it, its checksums, and what it replaces. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { tool } from '../../formats/support.ts';
import { expectSame, host, setUp, soundOutput } from './made-image.ts';

test('qcow2 holds the disk that raw holds, whatever its size, and is the same every time', async (t) => {
  const { folder, make } = setUp(t);
  const raw = await make('disk.img');
  const image = await make('disk.qcow2');
  t.regex(expectSame(raw, image, 'qcow2'), /identical/);
  tool('qemu-img', 'check', image);
  soundOutput(t, image);
  t.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('.')),
    [],
    'nothing is left of the way there',
  );
  await make('again.qcow2');
  t.true(readFileSync(join(folder, 'again.qcow2')).equals(readFileSync(image)));
  const large = await make('large.qcow2', { size: 20 * 2 ** 30 });
  t.is(JSON.parse(tool('qemu-img', 'info', '--output=json', large))['virtual-size'], 20 * 2 ** 30);
  t.true(statSync(large).size < 60 * 2 ** 20, `${statSync(large).size}`);
});

test('an OVA: description, disk and manifest, in this order', async (t) => {
  const { folder, make } = setUp(t);
  const raw = await make('disk.img');
  const archive = await make('node.ova');
  soundOutput(t, archive);
  t.deepEqual(tool('tar', '-tf', archive).split('\n').slice(0, 3), [
    'node.ovf',
    'node-disk1.vmdk',
    'node.mf',
  ]);
  tool('tar', '-C', folder, '-xf', archive);
  t.regex(expectSame(raw, join(folder, 'node-disk1.vmdk'), 'vmdk'), /identical/);
  const manifest = readFileSync(join(folder, 'node.mf'), 'utf8');
  for (const [, name = '', digest] of manifest.matchAll(/^SHA256\((.*)\)= ([0-9a-f]{64})$/gm))
    t.is(await host.files.digest(join(folder, name)), `${digest}`, name);
  const ovf = readFileSync(join(folder, 'node.ovf'), 'utf8');
  tool('python3', '-c', `import xml.dom.minidom; xml.dom.minidom.parse("${join(folder, 'node.ovf')}")`);
  t.true(ovf.includes(`ovf:size="${statSync(join(folder, 'node-disk1.vmdk')).size}"`));
  t.true(ovf.includes(`ovf:capacity="${statSync(raw).size}"`));
  for (const part of ['lsilogic', 'E1000', '>2048<', 'vmw:value="bios"']) t.true(ovf.includes(part), part);
});

test('an older image, its checksum and its block map are replaced only when that is wanted', async (t) => {
  const { folder, make } = setUp(t);
  const image = await make('disk.img');
  const files = ['disk.img', 'disk.img.bmap', 'disk.img.sha256', 'node.yaml'];
  t.deepEqual(readdirSync(folder).toSorted(), files);
  const older = readFileSync(`${image}.sha256`, 'utf8');
  await t.throwsAsync(make('disk.img'), { code: 'output-exists' });
  await make('disk.img', { force: true, append: ['nosmt'] });
  t.not(readFileSync(`${image}.sha256`, 'utf8'), older);
  soundOutput(t, image);
  await make('disk.img', { force: true, format: 'qcow2' });
  t.false(existsSync(`${image}.bmap`), 'a qcow2 image has none');
  soundOutput(t, image);
  await make('disk.img', { force: true, checksums: false });
  t.deepEqual(readdirSync(folder).toSorted(), ['disk.img', 'node.yaml']);
  writeFileSync(join(folder, 'other.img.sha256'), 'of somebody');
  await t.throwsAsync(make('other.img'), { code: 'output-exists', message: /other\.img\.sha256 exists/ });
});
