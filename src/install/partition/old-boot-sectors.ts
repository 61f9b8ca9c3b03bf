/**
 * What disks started before their boot sector was ours: where that sector is kept, and what the boot menu calls it.
 * On a mirror each disk has its own, and GRUB knows the disk that it was started from by the number of the BIOS alone,
 * which is another one when a disk is missing: so a person chooses, by what is written on the disk. Pure.
 */
import { oldBootSectorPath, oldSystemEntry } from '../../boot/menus/partition-menu.ts';
import type { DiskFacts } from '../../disk/facts.ts';
import type { Step } from '../../steps/index.ts';
import { planRefs } from '../plan-input.ts';
import type { BootPlaces } from './boot.ts';
import { numbered } from './loaders.ts';

/** Keeps the sectors that start something else now. */
export const keepSectors = ({ bios }: BootPlaces): Step[] =>
  bios
    .filter(({ keepSector }) => keepSector === true)
    .map(({ disk }, index) => ({
      id: numbered('keep-boot-sector', index),
      kind: 'keep-boot-sector',
      disk: disk.path,
      at: planRefs.mount,
      path: keptPath(bios, disk),
    }));

const title = 'What this disk started before';

/** The end of the boot menu. Also for sectors that an earlier installation has kept: GRUB looks which there are. */
export function oldSystemEntries({ bios }: BootPlaces): string {
  if (bios.length < 2) return oldSystemEntry({ id: 'before', title, path: oldBootSectorPath });
  const entries = bios.map(({ disk }, index) => {
    const serial = ownSerial(bios, disk);
    return oldSystemEntry({
      id: numbered('before', index),
      title: `${title} (${serial === undefined ? disk.path : `serial ${serial}`})`,
      path: keptPath(bios, disk),
    });
  });
  return entries.join('');
}

/** By serial number where there are several: their order is chance. */
function keptPath(bios: BootPlaces['bios'], disk: DiskFacts): string {
  if (bios.length < 2) return oldBootSectorPath;
  const index = bios.findIndex((place) => place.disk === disk);
  return `${oldBootSectorPath}-${ownSerial(bios, disk) ?? index + 1}`;
}

/** The serial number, when it is this disk's alone and needs no quotes in a menu or a path. */
function ownSerial(bios: BootPlaces['bios'], { serial = '' }: DiskFacts): string | undefined {
  const same = bios.filter((place) => place.disk.serial === serial);
  return same.length === 1 && /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(serial) ? serial : undefined;
}
