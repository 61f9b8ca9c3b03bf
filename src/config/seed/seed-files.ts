/**
 * The seed: `user-data`, `meta-data` and `network-config` of cloud-init's NoCloud, as a flasher or a person puts them on
 * the FAT partition of the disk that the system starts from. The first phase of a boot copies them to memory (see
 * runtime/seed), where only root reads them; all that reads the configuration finds them there.
 * https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html
 */

export const seedFolder = '/run/bos/seed';

export const seedNames = ['user-data', 'meta-data', 'network-config'] as const;
export type SeedName = (typeof seedNames)[number];

/** Where the copy of a file is. */
export const seedPath = (name: SeedName): string => `${seedFolder}/${name}`;

/** Says which partition they are from. */
export const seedOriginPath = `${seedFolder}/origin`;

/** The instance whose commands have run; on the state, where it is seen after the early phases. */
export const seedRecordPath = '/var/lib/bhojpur/seed.json';

/** What a message calls a file: `user-data on /dev/mmcblk0p1`. */
export const seedPlace = (name: SeedName, origin: string): string => `${name} on ${origin}`;
