/** Whether GRUB's folder may lie on a file system of its own: pure, each refusal with its reason. */
import { refused } from '../../errors.ts';
import type { BootPlace, RootFacts } from './facts.ts';

export const instead = {
  hint: 'Boot the Bhojpur OS ISO on this machine and install to a whole disk instead.',
};

/** File systems that GRUB reads, and in whose files it can overwrite a sector (save_env): the one-time entry is taken back. */
export const bootFileSystems = ['ext2', 'ext3', 'ext4', 'xfs', 'vfat'] as const;
export type BootFileSystem = (typeof bootFileSystems)[number];

export interface BootTarget {
  readonly device: string;
  /** Of its disk. */
  readonly disk: string;
  /** Lower case; eight digits and a dash for FAT. */
  readonly uuid: string;
  readonly fsType: BootFileSystem;
  /** Where it is mounted: `/boot`. */
  readonly mountPoint: string;
  /** GRUB's folder in it: `/grub`. */
  readonly path: string;
}

/** Undefined when GRUB's folder lies on the root. Throws `takeover-boot-apart`, `takeover-read-only` (refused). */
export function requireBoot(place: BootPlace | undefined): BootTarget | undefined {
  if (place === undefined) return undefined;
  const { mountPoint, source, device, uuid, path, readOnly, whole } = place;
  const fsType = bootFileSystems.find((known) => known === place.fsType);
  if (fsType === undefined)
    throw apart(
      `${mountPoint} is ${place.fsType} (${source}), on which GRUB cannot take the one-time entry back`,
    );
  if (device?.kind !== 'partition' || device.disk === undefined)
    throw apart(
      `${mountPoint} is not on a partition of a disk (${source}): GRUB could not take the one-time entry back`,
    );
  if (!whole || uuid === undefined) throw apart(`${mountPoint} (${source}) cannot be read`);
  if (readOnly)
    throw refused('takeover-read-only', `${mountPoint} is mounted read-only`, {
      hint: `Run \`sudo mount -o remount,rw ${mountPoint}\`.`,
    });
  return { device: device.path, disk: device.disk, uuid, fsType, mountPoint, path };
}

/** What GRUB has not read before: the system lies on the root. Throws `takeover-file-system` (refused). */
export function requireReadable({ source, unknownToGrub }: RootFacts): void {
  if (unknownToGrub === undefined) return;
  throw refused(
    'takeover-file-system',
    `GRUB cannot read the root file system (${source}): it has the ext4 feature ${unknownToGrub.join(', ')}`,
    instead,
  );
}

const apart = (message: string) => refused('takeover-boot-apart', message, instead);
