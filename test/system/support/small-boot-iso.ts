/**
 * An ISO of a few megabytes that boots exactly as ours does, up to GRUB, which then says its arguments on the console:
 * `$linux` is `echo` in its menu, and to the project's reader a line like any that starts a kernel.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { readHybrid } from '../../../src/formats/iso9660/hybrid.ts';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import { partitionTypes } from '../../../src/formats/partition-tables/gpt-types.ts';
import type { SystemContext } from './machines.ts';

const menu = `\
set default=marker
set timeout=0
if [ "$grub_platform" = pc ]; then
  if serial --unit=0 --speed=115200; then
    terminal_input console serial
    terminal_output console serial
  fi
fi
set linux=echo
menuentry 'Marker' --id marker {
  $linux GRUB-MARKER plain
  if [ -f /added/file.cfg ]; then source /added/file.cfg; fi
  if [ -f /config.yaml ]; then echo GRUB-USER-DATA; fi
  if [ -f /opt/spectrocloud/content/shop.zst ]; then echo GRUB-CONTENT; fi
  echo GRUB-END
  sleep 600
}
`;

export interface SmallIso {
  readonly label?: string;
  /** More files, by path. */
  readonly more?: Readonly<Record<string, string>>;
}

/** Makes `small.iso` in the folder of a fixture, of the boot loaders on the ISO under test. */
export async function makeSmallIso(
  t: SystemContext,
  { label = 'SMALL', more = {} }: SmallIso = {},
): Promise<string> {
  const { files, processes } = t.host;
  const source = await files.open(join(t.artifacts, 'bos-amd64.iso'), 'r');
  const tree = join(t.folder, 'tree');
  const efi = join(t.folder, 'efi.img');
  try {
    const iso = await openIso(source);
    const { gpt } = await readHybrid(source);
    const esp = gpt?.table.partitions.find(({ type }) => type === partitionTypes.efiSystem);
    assert.ok(esp, 'the ISO has an EFI system partition');
    await files.makeDir(join(tree, 'boot/grub'));
    await files.makeDir(join(tree, '.disk'));
    await files.write(efi, await source.read(esp.firstLba * 512, (esp.lastLba - esp.firstLba + 1) * 512));
    await files.write(join(tree, 'boot/grub/eltorito.img'), await iso.readFile('boot/grub/eltorito.img'));
  } finally {
    await source.close();
  }
  // By these GRUB finds its root: on a BIOS the second, under UEFI the first.
  for (const name of ['info', 'bos']) await files.write(join(tree, '.disk', name), 'small\n');
  await files.write(join(tree, 'boot/grub/grub.cfg'), menu);
  for (const [path, text] of Object.entries(more)) {
    await files.makeDir(join(tree, path, '..'));
    await files.write(join(tree, path), text);
  }
  const out = join(t.folder, 'small.iso');
  await processes.run('xorriso', [
    ...['-as', 'mkisofs', '-quiet', '-r', '-V', label, '-o', out],
    ...['--grub2-mbr', '/usr/lib/grub/i386-pc/boot_hybrid.img', '-partition_offset', '16'],
    ...['--mbr-force-bootable', '-b', 'boot/grub/eltorito.img', '-no-emul-boot', '-boot-load-size', '4'],
    ...['-boot-info-table', '--grub2-boot-info', '-append_partition', '2', '0xef', efi],
    ...['-appended_part_as_gpt', '-eltorito-alt-boot', '-e', '--interval:appended_partition_2:all::'],
    ...['-no-emul-boot', tree],
  ]);
  return out;
}
