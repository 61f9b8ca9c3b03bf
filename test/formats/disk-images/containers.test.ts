/** What is not the bytes of a disk is known by its beginning: as the tools make it, or as its specification says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { containerOf } from '../../../src/formats/disk-images/containers.ts';
import { temporaryFolder, tool } from '../support.ts';

const made = {
  qcow2: 'a qcow2 image',
  qed: 'a QED image',
  vmdk: 'a VMDK image',
  vpc: 'a VHD image',
  vdi: 'a VDI image',
  vhdx: 'a VHDX image',
};
for (const [format, what] of Object.entries(made))
  test(`${what}, by qemu-img`, (t) => {
    const path = join(temporaryFolder(t), 'image');
    tool('qemu-img', 'create', '-q', '-f', format, path, '8M');
    t.like(containerOf(readFileSync(path).subarray(0, 512)), {
      what,
      convert: `qemu-img convert -f ${format} -O raw IMAGE disk.img`,
    });
  });

test('archives: a tar, and one that begins with the description of an appliance', (t) => {
  const folder = temporaryFolder(t);
  for (const [file, what] of [
    ['disk.img', 'a tar archive'],
    ['node.ovf', 'an OVA appliance'],
  ] as const) {
    writeFileSync(join(folder, file), 'x');
    tool('tar', '--format=ustar', '-C', folder, '-cf', join(folder, 'archive'), file);
    t.is(containerOf(readFileSync(join(folder, 'archive')).subarray(0, 512))?.what, what);
  }
});

/** Each with one byte of another kind behind it. */
const first = {
  COWD: 'a VMDK image',
  '# Disk DescriptorFile': 'the description of a VMDK image',
  '\x3a\xff\x26\xed': 'an Android sparse image',
  'PK\x03\x04': 'a ZIP archive',
  '7z\xbc\xaf\x27\x1c': 'a 7z archive',
  'Rar!\x1a\x07': 'a RAR archive',
  BZh: 'packed by bzip2',
  LZIP: 'packed by lzip',
  '\x04\x22\x4d\x18': 'packed by lz4',
};
for (const [magic, what] of Object.entries(first))
  test(`${what}, by its first bytes`, (t) => {
    const bytes = Buffer.from(`${magic}.`, 'latin1');
    const found = containerOf(bytes);
    t.is(found?.what, what);
    t.regex(found?.convert ?? '', /\bIMAGE\b/);
    if (what.includes('VMDK')) t.is(found?.convert, 'qemu-img convert -f vmdk -O raw IMAGE disk.img');
    t.is(containerOf(bytes.subarray(0, magic.length - 1)), undefined, 'cut short');
    t.is(containerOf(Buffer.concat([Buffer.from(' '), bytes])), undefined, 'elsewhere');
  });

test('a disk is none of them', (t) => {
  t.is(containerOf(Buffer.alloc(512)), undefined);
  t.is(containerOf(new Uint8Array()), undefined);
});
