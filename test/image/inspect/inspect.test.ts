/** What is said of images: ours before and after changes, broken ones, and those of other systems. */
import { closeSync, mkdirSync, openSync, readSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { partitionsOf } from '../../../src/disk/image-partitions.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { workstationHost } from '../../../src/host/workstation/index.ts';
import { withDisk, withImageFile } from '../../../src/image/disk.ts';
import { inspectImage } from '../../../src/image/inspect/inspect.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { copiedImage } from '../small-image.ts';

const host = workstationHost();
const inspect = (path: string, quick = false) =>
  withImageFile(host, path, 'r', (file) => inspectImage(file, 'it', { quick }));

async function ours(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  const image = join(folder, 'disk.img');
  const config = 'hostname: imaged\nbos:\n  password: hush-hush\n';
  await copiedImage(t, image, config, ['nosmt', 'bos.password=hush-hush']);
  const partition = async (number: number) => {
    const table = await withDisk(host, image, 'r', partitionsOf);
    return table.partitions[number - 1] ?? t.fail();
  };
  return { folder, image, partition };
}

test('an image of ours: partitions, versions, settings without secrets, and that it is whole', async (t) => {
  const { folder, image } = await ours(t);
  const report = await inspect(image);
  t.like(report, {
    format: 'raw',
    table: 'GPT',
    sectorSize: 512,
    bios: 'GRUB',
    compared: true,
    secureBoot: false,
    faults: [],
    system: {
      ...{ version: '0.1.0', kernel: '6.1.0-40-amd64', dcp: null, arch: 'amd64' },
      ...{ config: 'hostname: imaged\nbos:\n  password: (hidden)\n', configOn: 'EFI system partition' },
    },
  });
  t.deepEqual(
    report.partitions.map(({ name, type, content, label }) => [name, type, content, label]),
    [
      ['bios_grub', 'BIOS boot', null, ''],
      ['BOS_GRUB', 'EFI system', 'FAT32', 'BOS_GRUB'],
      ['BOS_STATE', 'Linux', 'ext4', 'BOS_STATE'],
    ],
  );
  const words = report.system?.menu[0]?.kernels[0]?.arguments ?? [];
  t.true(words.includes('nosmt'));
  t.false(JSON.stringify(report).includes('hush-hush'));
  t.like(await inspect(image, true), { compared: false, faults: [] });

  const qcow2 = join(folder, 'disk.qcow2');
  tool('qemu-img', 'convert', '-c', '-f', 'raw', '-O', 'qcow2', image, qcow2);
  const { fileSize, format, ...same } = await inspect(qcow2);
  t.is(format, 'qcow2');
  t.true(fileSize < report.fileSize);
  const { fileSize: _, format: __, ...raw } = report;
  t.deepEqual(same, raw);
});

function overwrite(image: string, offset: number, text: string): void {
  const file = openSync(image, 'r+');
  writeSync(file, text, offset);
  closeSync(file);
}

/** Where `text` first lies. grep looks for the end of a line in gigabytes of holes. */
function offsetIn(path: string, text: string): number {
  const [wanted, piece] = [Buffer.from(text), Buffer.alloc(2 ** 20)];
  const file = openSync(path, 'r');
  try {
    for (let at = 0; ; at += piece.length - wanted.length) {
      const length = readSync(file, piece, 0, piece.length, at);
      if (length < wanted.length) throw new Error(`${text} is not in ${path}`);
      const found = piece.subarray(0, length).indexOf(wanted);
      if (found !== -1) return at + found;
    }
  } finally {
    closeSync(file);
  }
}

test('one that is not whole: a file, the mark, the backup of the table', async (t) => {
  const { image, partition } = await ours(t);
  const state = await partition(3);
  const found = (text: string) => offsetIn(image, text);
  overwrite(image, found('hsqs') + 60, 'XX');
  const mark = found('bos_mark=valid');
  t.regex((await inspect(image)).faults.join(), /rootfs\.squashfs is not what the manifest says/);
  t.deepEqual((await inspect(image, true)).faults, []);
  overwrite(image, mark, 'bos_mark=valix');
  t.regex((await inspect(image, true)).faults.join(), /unknown mark: "valix"/);
  overwrite(image, mark, 'bos_mark=valid');
  overwrite(image, statSync(image).size - 512, 'XXXXXXXX');
  t.regex((await inspect(image, true)).faults.join(), /backup table: missing/);
  overwrite(image, state.offset + 1024 + 0x38, 'XX');
  const report = await inspect(image, true);
  t.is(report.system, null);
  t.regex(report.faults.join(), /no super block/);
});

test('images of other systems: their table, their boot loaders', async (t) => {
  const folder = temporaryFolder(t);
  const image = join(folder, 'other.img');
  tool('truncate', '-s', '64M', image);
  writeFileSync(join(folder, 'table'), 'label: dos\n2048 20480 ef\n- - 83 *\n');
  tool('sh', '-c', `sfdisk --quiet ${image} < ${folder}/table`);
  tool('mkfs.fat', '--offset', '2048', '-n', 'BOOT', image, '10240');
  tool('mkfs.ext4', '-q', '-L', 'root', '-E', `offset=${22528 * 512}`, image, '40M');
  mkdirSync(join(folder, 'EFI'));
  const esp = `${image}@@1M`;
  tool('mmd', '-i', esp, '::/EFI', '::/EFI/debian');
  tool('mcopy', '-i', esp, '/usr/lib/grub/x86_64-efi/monolithic/grubx64.efi', '::/EFI/debian/');
  const report = await inspect(image);
  t.like(report, { table: 'MBR', bios: null, system: null, faults: [], secureBoot: false });
  t.deepEqual(
    report.partitions.map(({ type, content, label }) => [type, content, label]),
    [
      ['EFI system', 'FAT16', 'BOOT'],
      ['Linux', 'ext4', 'root'],
    ],
  );
  t.deepEqual(
    report.loaders.map(({ path, signed, sbat }) => [path, signed, sbat.includes('grub')]),
    [['EFI/debian/grubx64.efi', false, true]],
  );
  overwrite(image, 0x180, 'GRUB ');
  t.is((await inspect(image)).bios, 'GRUB');
});

test('what is no disk, and what is packed', async (t) => {
  const none = await inspectImage(fromBytes(Buffer.alloc(2 ** 20)), 'it');
  t.like(none, { table: null, partitions: [], bios: null, loaders: [], system: null, faults: [] });
  const empty = inspectImage(fromBytes(new Uint8Array()), 'it');
  await t.throwsAsync(empty, { code: 'image-empty', message: 'it is empty' });
  const { faults } = await inspectImage(fromBytes(Buffer.alloc(513)), 'it');
  t.deepEqual(faults, [
    'its size is not one of a disk: 513 bytes are not a whole number of sectors of 512 bytes',
  ]);
  const refuses = (bytes: Uint8Array, message: RegExp) =>
    t.throwsAsync(inspectImage(fromBytes(bytes), 'it'), { code: 'image-packed', message });
  await refuses(Buffer.concat([Buffer.from([0x1f, 0x8b, 0x08]), Buffer.alloc(1000)]), /compressed/);
  await refuses(Buffer.concat([Buffer.from('KDMV'), Buffer.alloc(1000)]), /VMDK/);
  const vhd = Buffer.alloc(2 ** 20 + 512);
  vhd.write('conectix', 2 ** 20);
  t.like(await inspectImage(fromBytes(vhd), 'it'), { format: 'vhd', size: 2 ** 20 });
});
