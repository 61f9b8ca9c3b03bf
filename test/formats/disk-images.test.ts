import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { containerOf, fixedVhd } from '../../src/formats/disk-images/containers.ts';
import { temporaryFolder, tool } from './support.ts';

const formats: Readonly<Record<string, string>> = {
  qcow2: 'a qcow2 image',
  qed: 'a QED image',
  vmdk: 'a VMDK image',
  vpc: 'a VHD image',
  vhdx: 'a VHDX image',
  vdi: 'a VDI image',
};
for (const [format, what] of Object.entries(formats))
  test(`${format}, as qemu-img makes it`, (t) => {
    const file = join(temporaryFolder(t), 'it');
    tool('qemu-img', 'create', '-q', '-f', format, file, '4M');
    const found = containerOf(readFileSync(file));
    t.is(found?.what, what);
    t.is(found?.convert, `qemu-img convert -f ${format} -O raw IMAGE disk.img`);
  });

test('a VHD of fixed size has its name at the end alone', (t) => {
  const file = join(temporaryFolder(t), 'it');
  tool('qemu-img', 'create', '-q', '-f', 'vpc', '-o', 'subformat=fixed', file, '4M');
  const bytes = readFileSync(file);
  t.is(containerOf(bytes), undefined);
  t.is(fixedVhd(bytes.subarray(-512))?.what, 'a VHD image');
});

test('archives: an appliance is told from a folder of files', (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['node.ovf', 'disk.raw']) writeFileSync(join(folder, name), 'x');
  const archive = (name: string) => {
    tool('tar', '-C', folder, '-cf', join(folder, 'it.tar'), name);
    return readFileSync(join(folder, 'it.tar'));
  };
  t.is(containerOf(archive('node.ovf'))?.what, 'an OVA appliance');
  t.is(containerOf(archive('disk.raw'))?.what, 'a tar archive');
});

test('raw bytes are none of these, however few', (t) => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.alloc(3),
    Buffer.alloc(512),
    Buffer.from('QF'),
    Buffer.alloc(512, 'x'),
  ])
    t.is(containerOf(bytes), undefined);
});
