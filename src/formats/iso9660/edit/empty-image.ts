/** An ISO 9660 image without files, with Rock Ridge and Joliet: changes put files into it as into any other. Pure. */
import { usage } from '../../../errors.ts';
import { sectorSize } from '../bounded-read.ts';
import { descriptorFields, firstDescriptor } from '../descriptors.ts';
import { packRecords } from '../directory.ts';
import { encodePathTables } from '../path-table.ts';
import { encodeRecord, viewOf, writeBoth32 } from '../record.ts';
import { encodeRockRidge } from '../rock-ridge.ts';

export interface EmptyImage {
  /** At most 16 letters, which is what Joliet has room for. */
  readonly volumeId: string;
  /** Seconds since 1970, of everything in it. */
  readonly date: number;
  /** Bytes of zeros behind the folders, for files. */
  readonly room: number;
}

/** Sectors: the system area, the descriptors, then for each tree its path tables and its root. */
const places = { primary: 16, joliet: 17, end: 18, tables: 19, roots: 23, room: 25 } as const;
const longestName = 16;

/** Throws `volume-id` (usage) for a name that does not fit. */
export function emptyImage({ volumeId, date, room }: EmptyImage): Uint8Array {
  if (volumeId === '' || volumeId.length > longestName || !/^[\x20-\x7e]+$/.test(volumeId))
    throw usage('volume-id', `"${volumeId}" is not a name of 1 to ${longestName} letters of ASCII`);
  const sectors = places.room + Math.ceil(room / sectorSize);
  const image = new Uint8Array(sectors * sectorSize);
  const put = (sector: number, bytes: Uint8Array) => image.set(bytes, sector * sectorSize);
  for (const [index, joliet] of [false, true].entries()) {
    const root = places.roots + index;
    const [little, big] = [places.tables + 2 * index, places.tables + 2 * index + 1];
    const tables = encodePathTables(
      [{ identifier: new Uint8Array(1), offset: root * sectorSize, parent: undefined }],
      0,
    );
    put(little, tables.little);
    put(big, tables.big);
    put(root, rootFolder(root, date, joliet));
    const bytes = descriptor({ volumeId, date, joliet, sectors, root });
    const view = viewOf(bytes);
    writeBoth32(bytes, descriptorFields.pathTableSize, tables.little.length);
    view.setUint32(descriptorFields.pathTableL, little, true);
    view.setUint32(descriptorFields.pathTableM, big, false);
    put(firstDescriptor + index, bytes);
  }
  // The end of the set (8.3)
  put(places.end, Buffer.from('\xffCD001\x01', 'latin1'));
  return image;
}

/** `.` and `..`; what Rock Ridge says of the first holds for all that is put beside it. */
function rootFolder(sector: number, date: number, joliet: boolean): Uint8Array {
  const records = [0, 1].map((byte) => {
    const attributes = encodeRockRidge(attributeFields(date), { mode: 0o040555, links: 2 });
    const use = byte === 0 ? Buffer.concat([sharing, extension, attributes]) : attributes;
    return rootRecord(sector, date, byte, joliet ? new Uint8Array() : use);
  });
  const bytes = new Uint8Array(sectorSize);
  bytes.set(packRecords(records));
  return bytes;
}

function rootRecord(sector: number, date: number, identifier: number, systemUse: Uint8Array): Uint8Array {
  const like = new Uint8Array(25);
  like.set(shortDate(date), 18);
  return encodeRecord(
    {
      ...{ identifier: Uint8Array.of(identifier), directory: true, continues: false, like, systemUse },
      extent: { offset: sector * sectorSize, length: sectorSize },
    },
    0,
    '.',
  );
}

/** SP: the records use SUSP, from their first byte on (SUSP 1.12, 5.3). */
const sharing = Uint8Array.of(0x53, 0x50, 7, 1, 0xbe, 0xef, 0);
/** ER: they are those of Rock Ridge (SUSP 5.5; RRIP 4.3); description and source may be empty. */
const extension = Buffer.from('ER\x12\x01\x0a\x00\x00\x01RRIP_1991A', 'latin1');

/** PX and TF (RRIP 4.1.1, 4.1.6): owned by root; times of change, access and attributes in the form of records. */
function attributeFields(date: number) {
  const px = new Uint8Array(36);
  px.set([0x50, 0x58, 36, 1]);
  const times = [1, 2, 3].map(() => shortDate(date));
  return [
    { signature: 'PX', bytes: px },
    { signature: 'TF', bytes: Buffer.concat([Uint8Array.of(0x54, 0x46, 26, 1, 0x0e), ...times]) },
  ];
}

/** 9.1.5: years since 1900, month, day, hour, minute, second, and the zone: UTC. */
function shortDate(seconds: number): Uint8Array {
  const at = new Date(seconds * 1000);
  return Uint8Array.of(
    at.getUTCFullYear() - 1900,
    ...[at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds(), 0],
  );
}

interface Described {
  readonly volumeId: string;
  readonly date: number;
  readonly joliet: boolean;
  readonly sectors: number;
  readonly root: number;
}

/** 8.4 and 8.5 but for the path tables. Texts are padded with blanks (8.4.1), those of Joliet in UCS-2. */
function descriptor({ volumeId, date, joliet, sectors, root }: Described): Uint8Array {
  const bytes = new Uint8Array(sectorSize);
  const words = (offset: number, length: number, value: string) =>
    bytes.set(
      joliet
        ? Buffer.from(value.padEnd(length / 2), 'utf16le')
            .swap16()
            .subarray(0, length)
        : Buffer.from(value.padEnd(length), 'latin1'),
      offset,
    );
  bytes.set(Buffer.from(`${joliet ? '\x02' : '\x01'}CD001\x01`, 'latin1'));
  words(8, 32, 'LINUX');
  words(descriptorFields.volumeId, 32, volumeId);
  writeBoth32(bytes, descriptorFields.spaceSize, sectors);
  // Level 3 of UCS-2 (Joliet 1.0, "Escape sequences")
  if (joliet) bytes.set(Buffer.from('%/E', 'latin1'), 88);
  // One volume, the first of its set, in blocks of 2048 bytes (8.4.9 to 8.4.12)
  for (const offset of [120, 124]) bytes.set([1, 0, 0, 1], offset);
  bytes.set([0, 8, 8, 0], descriptorFields.blockSize);
  bytes.set(rootRecord(root, date, 0, new Uint8Array()), descriptorFields.root);
  for (const [offset, length] of [
    [190, 128],
    [318, 128],
    [446, 128],
    [574, 128],
  ] as const)
    words(offset, length, '');
  // Files with the copyright and so on: none (8.4.21 to 8.4.25)
  for (const offset of [702, 739, 776]) words(offset, joliet ? 36 : 37, '');
  const digits = new Date(date * 1000).toISOString().replace(/\D/g, '').slice(0, 16);
  for (const offset of [813, 830]) bytes.set(Buffer.from(`${digits}\0`, 'latin1'), offset);
  for (const offset of [847, 864]) bytes.set(Buffer.from(`${'0'.repeat(16)}\0`, 'latin1'), offset);
  // The version of this structure (8.4.31)
  bytes[881] = 1;
  return bytes;
}
