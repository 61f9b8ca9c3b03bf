/**
 * The record of a file or folder in its folder: 32 bytes, so that a name appears, or leads somewhere else, with one
 * sector. Names are of the form 8.3. Pages are those of Microsoft, "FAT32 File System Specification" 1.03. Little-endian.
 */

export const recordSize = 32;

/** First byte of a deleted record (page 23). */
export const deletedRecord = 0xe5;

export interface NewRecord {
  /** Name and extension each in capitals or in small letters throughout, as in `grubx64.efi` or `BOOT.cfg`. */
  readonly name: string;
  readonly folder: boolean;
  /** 0 for a file without content. */
  readonly firstCluster: number;
  /** Bytes; 0 for a folder. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly time: number;
}

/** Throws RangeError for a name that is not of the form 8.3, or in capitals and small letters at once. */
export function fatRecord({ name, folder, firstCluster, size, time }: NewRecord): Buffer {
  const record = Buffer.alloc(recordSize);
  const named = shortName(name);
  named.copy(record);
  // Attributes (page 23): a folder, or a file to be archived.
  record.writeUInt8(folder ? 0x10 : 0x20, 11);
  const { date, clock } = fatTime(time);
  // Made; read; written.
  record.writeUInt16LE(clock, 14);
  for (const place of [16, 18, 24]) record.writeUInt16LE(date, place);
  record.writeUInt16LE(clock, 22);
  record.writeUInt16LE(firstCluster >>> 16, 20);
  record.writeUInt16LE(firstCluster & 0xffff, 26);
  record.writeUInt32LE(size, 28);
  return record;
}

/** `.` and `..`, with which the first cluster of a folder begins (page 25); 0 stands for the root. */
export function dotRecords(own: number, parent: number, time: number): Buffer {
  const dots = [
    { name: '.', firstCluster: own },
    { name: '..', firstCluster: parent },
  ];
  return Buffer.concat(
    dots.map(({ name, firstCluster }) => {
      const record = fatRecord({ name: 'X', folder: true, firstCluster, size: 0, time });
      record.write(name.padEnd(11), 'latin1');
      return record;
    }),
  );
}

/** The record of the volume's label, up to 11 characters, in the root folder (page 23). */
export function labelRecord(label: string, time: number): Buffer {
  const record = fatRecord({ name: 'X', folder: false, firstCluster: 0, size: 0, time });
  record.write(paddedLabel(label), 'latin1');
  record.writeUInt8(0x08, 11);
  return record;
}

/** Throws RangeError for more than 11 characters, or any beyond ASCII. */
export function paddedLabel(label: string): string {
  if (!/^[\x20-\x7e]{1,11}$/.test(label)) throw new RangeError(`"${label}" cannot be a label of FAT`);
  return label.padEnd(11);
}

/**
 * The 13 bytes that a record begins with, for its name: 8 and 3 characters in capitals, the attribute as 0, and the two
 * bits that say which of both is shown in small letters (Linux, fs/fat/dir.c; not in the specification). Throws as
 * `fatRecord`.
 */
export function shortName(name: string): Buffer {
  const [, base = '', extension = ''] = /^([\w~-]{1,8})(?:\.([\w~-]{1,3}))?$/.exec(name) ?? [];
  const mixed = (part: string) => part !== part.toUpperCase() && part !== part.toLowerCase();
  if (base === '' || mixed(base) || mixed(extension))
    throw new RangeError(`"${name}" cannot be a short name of FAT`);
  const bytes = Buffer.alloc(13);
  bytes.write(base.toUpperCase().padEnd(8) + extension.toUpperCase().padEnd(3), 'latin1');
  const small = (part: string) => part !== part.toUpperCase();
  bytes.writeUInt8((small(base) ? 0x08 : 0) | (small(extension) ? 0x10 : 0), 12);
  return bytes;
}

/** Pages 24 to 26: days since 1980 in three fields, seconds in twos. Local time there, UTC here. */
function fatTime(seconds: number): { readonly date: number; readonly clock: number } {
  const earliest = Date.UTC(1980, 0, 1);
  const latest = Date.UTC(2107, 11, 31, 23, 59, 58);
  const time = new Date(Math.min(latest, Math.max(earliest, seconds * 1000)));
  return {
    date: ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate(),
    clock: (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1),
  };
}
