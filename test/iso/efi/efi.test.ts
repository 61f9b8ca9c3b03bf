/** What starts kernels beside the menus of the ISO: in volumes that a UEFI reads, unified kernels, hypervisors. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { inspectIso } from '../../../src/iso/inspect/inspect.ts';
import { verifyIso } from '../../../src/iso/inspect/verify.ts';
import type { Method } from '../../../src/iso/pieces.ts';
import { undoRemaster } from '../../../src/iso/remaster.ts';
import { fileSource, temporaryFolder, tool } from '../../formats/support.ts';
import { change, digestOf, host } from '../edit/edit-support.ts';
import { copyOnce, writeTree } from '../media.ts';

type Contents = Readonly<Record<string, string | Uint8Array>>;
const append = { menu: { append: ['added=1'] } };
const startsKernel = 'menuentry "In the image" {\n  linux /vmlinuz quiet\n}\n';
const leadsOn = 'search --file /vmlinuz --set=root\nconfigfile /boot/grub/grub.cfg\n';
const entry = 'title Arch\nlinux /arch/vmlinuz\ninitrd /arch/initrd\noptions archisobasedir=arch quiet\n';

/** A FAT volume of so many KiB with these files. */
function fatVolume(folder: string, contents: Contents, kib = 1440): string {
  const image = join(folder, 'efi.img');
  tool('mkfs.fat', '-s', '1', '-C', image, String(kib));
  const tree = writeTree(join(folder, 'fat'), contents);
  tool('mcopy', '-s', '-i', image, ...readdirSync(tree).map((name) => join(tree, name)), '::/');
  return image;
}

interface Made {
  readonly iso: string;
  /** A file of the volume as it is now, from the CD or the partition. */
  readonly inVolume: (path: string, where?: 'cd' | 'stick') => string;
}

/** An ISO with such a volume as a file, listed in md5sum.txt; with `twice` also as a partition of its own. */
function withVolume(
  t: ExecutionContext,
  inside: Contents,
  onIso: Contents,
  { kib = 1440, twice = false } = {},
): Made {
  const folder = temporaryFolder(t);
  const make = (place: string) => isoWithVolume(place, inside, onIso, { kib, twice });
  const iso = copyOnce(folder, 'a.iso', make, JSON.stringify([inside, onIso, kib, twice]));
  const inVolume = (path: string, where: 'cd' | 'stick' = 'cd') => {
    const now = readFileSync(iso);
    const image = join(folder, 'now.img');
    if (where === 'cd') tool('xorriso', '-osirrox', 'on', '-indev', iso, '-extract', '/boot/efi.img', image);
    else writeFileSync(image, now.subarray(now.readUInt32LE(446 + 16 + 8) * 512).subarray(0, kib * 1024));
    t.notThrows(() => tool('fsck.fat', '-n', image));
    const text = tool('mtype', '-i', image, `::/${path}`);
    rmSync(image);
    return text;
  };
  return { iso, inVolume };
}

function isoWithVolume(
  folder: string,
  inside: Contents,
  onIso: Contents,
  { kib, twice }: { readonly kib: number; readonly twice: boolean },
): string {
  const volume = fatVolume(folder, inside, kib);
  const bytes = readFileSync(volume);
  const sum = createHash('md5').update(bytes).digest('hex');
  const list = { 'md5sum.txt': `${sum}  ./boot/efi.img\n` };
  const tree = writeTree(join(folder, 'tree'), {
    vmlinuz: 'kernel',
    ...onIso,
    'boot/efi.img': bytes,
    ...list,
  });
  const iso = join(folder, 'a.iso');
  tool(
    ...(['xorriso', '-as', 'mkisofs', '-quiet', '-r', '-V', 'APART'] as const),
    ...(twice ? ['-append_partition', '2', '0xef', volume] : []),
    ...(['-eltorito-alt-boot', '-e', 'boot/efi.img', '-no-emul-boot', '-o', iso, tree] as const),
  );
  return iso;
}

const faultsOf = async (t: ExecutionContext, iso: string) =>
  (await verifyIso(await fileSource(t, iso), 'a.iso')).faults;

for (const method of ['same-room', 'padding', 'append', 'rebuild'] as const satisfies readonly Method[])
  test(`a menu of GRUB in the volume, ${method}: changed on the CD and on the stick, digests in step`, async (t) => {
    const menus = { 'boot/grub/grub.cfg': startsKernel };
    const { iso, inVolume } = withVolume(t, { 'EFI/BOOT/grub.cfg': startsKernel }, menus, { twice: true });
    const before = digestOf(iso);
    const { notes } = await change(iso, { ...append, method });
    t.deepEqual(notes.slice(0, 2), ['3 kernel lines were changed.', '/md5sum.txt has the new digests.']);
    const wanted = startsKernel.replace('quiet', 'quiet added=1');
    t.is(inVolume('EFI/BOOT/grub.cfg'), wanted);
    t.is(inVolume('EFI/BOOT/grub.cfg', 'stick'), wanted);
    t.deepEqual(await faultsOf(t, iso), []);
    if (method === 'rebuild') return;
    await undoRemaster(host, iso);
    t.is(digestOf(iso), before);
  });

test('the only menu lies inside, and grows by clusters', async (t) => {
  const { iso, inVolume } = withVolume(t, { 'EFI/debian/grub.cfg': startsKernel }, {});
  const word = `added=${'x'.repeat(1500)}`;
  const { notes } = await change(iso, { menu: { append: [word] } });
  t.is(notes[0], 'One kernel line was changed.');
  t.is(inVolume('EFI/debian/grub.cfg'), startsKernel.replace('quiet', `quiet ${word}`));
  const { menus } = await inspectIso(await fileSource(t, iso), 'a.iso');
  t.deepEqual(
    menus.map(({ path, where }) => [path, where]),
    [['EFI/debian/grub.cfg', 'boot image']],
  );
});

test('secrets of a menu that lies inside are not shown', async (t) => {
  const menu = 'menuentry "In the image" {\n  linux /vmlinuz bos.token=very-secret quiet\n}\n';
  const { iso } = withVolume(t, { 'EFI/debian/grub.cfg': menu }, {});
  const { menus } = await inspectIso(await fileSource(t, iso), 'a.iso');
  t.deepEqual(menus[0]?.entries[0]?.kernels[0]?.arguments, ['bos.token=(hidden)', 'quiet']);
  t.notRegex(JSON.stringify(menus), /very-secret/);
});

test('entries of systemd-boot, in the volume and on the ISO', async (t) => {
  const path = 'loader/entries/01-archiso-x86_64-linux.conf';
  const shell = { 'loader/entries/shell.conf': 'title Shell\nefi /shellx64.efi\noptions a\n' };
  const { iso, inVolume } = withVolume(t, { [path]: entry, ...shell }, { [path]: entry });
  const { notes } = await change(iso, { menu: { append: ['added=1'], delete: ['quiet'] } });
  t.is(notes[0], '2 kernel lines were changed.');
  t.is(inVolume(path), entry.replace('quiet', 'added=1'));
  t.is(inVolume('loader/entries/shell.conf'), shell['loader/entries/shell.conf']);
  await change(iso, { menu: { append: ['b'], entry: 'Arch' } });
  t.is(inVolume(path), entry.replace('quiet', 'added=1 b'));
  await t.throwsAsync(change(iso, { menu: { append: [], delete: ['none'] } }), { code: 'karg-not-found' });
});

/** A program with sections .linux and .cmdline, of which the latter has so many bytes in the file. */
function unified(commandLine: string, room: number, signed: boolean): Buffer {
  const bytes = Buffer.alloc(4096 + room);
  bytes.write('MZ', 0, 'latin1');
  bytes.writeUInt32LE(0x80, 0x3c);
  bytes.write('PE\0\0', 0x80, 'latin1');
  bytes.writeUInt16LE(0x8664, 0x84);
  bytes.writeUInt16LE(2, 0x86);
  bytes.writeUInt16LE(240, 0x94);
  bytes.writeUInt16LE(0x20b, 0x98);
  if (signed) bytes.writeUInt32LE(1024, 0x98 + 112 + 32);
  if (signed) bytes.writeUInt32LE(1024, 0x98 + 112 + 36);
  const section = (index: number, name: string, size: number, offset: number, raw: number) => {
    const place = 0x98 + 240 + index * 40;
    bytes.write(name, place, 'latin1');
    bytes.writeUInt32LE(size, place + 8);
    bytes.writeUInt32LE(raw, place + 16);
    bytes.writeUInt32LE(offset, place + 20);
  };
  section(0, '.linux', 512, 2048, 512);
  section(1, '.cmdline', commandLine.length, 4096, room);
  bytes.write(commandLine, 4096, 'latin1');
  return bytes;
}

test('a unified kernel: changed where it has room and no signature', async (t) => {
  const path = 'EFI/Linux/talos.efi';
  const { iso, inVolume } = withVolume(t, { [path]: unified('console=tty0 quiet', 512, false) }, {});
  const { notes } = await change(iso, append);
  t.is(notes[0], 'One kernel line was changed.');
  t.regex(inVolume(path), /console=tty0 quiet added=1\0/);
  const { menus } = await inspectIso(await fileSource(t, iso), 'a.iso');
  t.deepEqual(menus[0]?.entries[0]?.kernels[0]?.arguments, ['console=tty0', 'quiet', 'added=1']);
});

for (const [what, room, signed, why] of [
  ['signed', 512, true, /from CD: it is signed, and a change would break its signature/],
  [
    'without room',
    24,
    false,
    /from CD: it has no room for the change: its command line has 18 bytes, and 26 would be too many;/,
  ],
] as const)
  test(`a unified kernel ${what}: a note says what starts without the change`, async (t) => {
    const path = 'EFI/Linux/talos.efi';
    const menus = { 'boot/grub/grub.cfg': startsKernel };
    const { iso } = withVolume(t, { [path]: unified('console=tty0 quiet', room, signed) }, menus);
    const { notes } = await change(iso, append);
    t.is(notes[0], 'One kernel line was changed.');
    t.regex(
      notes[1] ?? '',
      /^UEFI starts the unified kernel \/EFI\/Linux\/talos\.efi in its boot image without/,
    );
    t.regex(notes[1] ?? '', why);
  });

test('a volume that is full: a note says so', async (t) => {
  const full = { 'EFI/BOOT/grub.cfg': startsKernel, fill: Buffer.alloc(408 * 512) };
  const menus = { 'boot/grub/grub.cfg': startsKernel };
  const { iso } = withVolume(t, full, menus, { kib: 224 });
  const { notes } = await change(iso, { menu: { append: [`a=${'x'.repeat(1900)}`] } });
  t.is(notes[0], 'One kernel line was changed.');
  const [, needed, free, offset] =
    /UEFI starts the menu \/EFI\/BOOT\/grub\.cfg .* it needs (\d+) bytes more and has (\d+) free; .*`mdel -i ISO@@(\d+) ::\/FILE`/.exec(
      notes[1] ?? '',
    ) ?? [];
  t.true(Number(needed) > Number(free));
  // What it says to do makes room for it.
  tool('mdel', '-i', `${iso}@@${offset}`, '::/fill');
  const word = `a=${'x'.repeat(1900)}`;
  const again = await change(iso, { menu: { delete: [word], append: [word.replace('a', 'b')] } });
  t.is(again.notes[0], '2 kernel lines were changed.');
});

test('a menu inside that only leads on is left alone', async (t) => {
  const { iso } = withVolume(t, { 'EFI/BOOT/grub.cfg': leadsOn }, { 'boot/grub/grub.cfg': startsKernel });
  t.deepEqual((await change(iso, append)).notes, ['One kernel line was changed.']);
});

test('nothing that starts a kernel is refused', async (t) => {
  const { iso } = withVolume(t, { 'EFI/BOOT/grub.cfg': leadsOn }, {});
  const before = digestOf(iso);
  await t.throwsAsync(change(iso, append), { instanceOf: OpsError, code: 'iso-no-menu' });
  t.is(digestOf(iso), before);
});

test('Xen by GRUB, and the menu of SUSE for a BIOS', async (t) => {
  const xen =
    'menuentry Xen {\n  multiboot2 /boot/xen.gz dom0_mem=1G\n  module2 --nounzip /boot/vmlinuz a --- q\n  module2 /boot/initrd\n}\n';
  const suse = 'default linux\nlabel linux\n  kernel linux\n  append initrd=initrd splash=silent\n';
  const folder = temporaryFolder(t);
  const files = { 'boot/grub2/grub.cfg': xen, 'boot/x86_64/loader/isolinux.cfg': suse };
  const iso = join(folder, 'a.iso');
  tool('xorriso', '-as', 'mkisofs', '-quiet', '-r', '-o', iso, writeTree(join(folder, 'tree'), files));
  t.deepEqual((await change(iso, append)).notes, ['2 kernel lines were changed.']);
  const text = readFileSync(iso).toString('latin1');
  t.true(text.includes('module2 --nounzip /boot/vmlinuz a added=1 --- q\n'));
  t.true(text.includes('append initrd=initrd splash=silent added=1\n'));
});
