/**
 * ISO 9660 images record by record, for what no tool of today writes: Rock Ridge without its SP entry, with bytes of
 * another system before it, and none at all. A folder, two files, and Joliet's names when they are asked for.
 */

const sectorSize = 2048;

export interface HandMade {
  /** NM, PX and TF in every record. */
  readonly fields: boolean;
  /** SP in the `.` of the root (SUSP 5.3), behind `before` other bytes; every other record has `skip` of them. */
  readonly sharing?: { readonly before: number; readonly skip: number };
  readonly joliet?: boolean;
}

export const menuText = 'menuentry one {}\n';
export const readmeText = 'read this\n';

interface Entry {
  readonly plain: string;
  readonly seen: string;
  readonly joliet: string;
  readonly directory: boolean;
  readonly sector: number;
  readonly size: number;
}

const layout = { plain: { root: 24, boot: 25, tables: 20 }, joliet: { root: 26, boot: 27, tables: 22 } };
const files = { readme: 28, menu: 29, end: 60 };

export function handMade(options: HandMade): Buffer {
  const image = Buffer.alloc(files.end * sectorSize);
  image.write(readmeText, files.readme * sectorSize);
  image.write(menuText, files.menu * sectorSize);
  descriptor(image, 16, 1, layout.plain);
  tree(image, options, false);
  if (options.joliet) {
    descriptor(image, 17, 2, layout.joliet);
    image.write('%/E', 17 * sectorSize + 88, 'latin1');
    tree(image, options, true);
  }
  image.write('\u00ffCD001\u0001', (options.joliet ? 18 : 17) * sectorSize, 'latin1');
  return image;
}

function tree(image: Buffer, options: HandMade, joliet: boolean): void {
  const { root, boot, tables } = joliet ? layout.joliet : layout.plain;
  const folder = {
    plain: 'BOOT',
    seen: 'Boot',
    joliet: 'Boot',
    directory: true,
    sector: boot,
    size: sectorSize,
  };
  const file = { directory: false, size: 0 };
  const readme = { ...file, plain: 'README.TXT;1', seen: 'Read Me.text', joliet: 'Read Me.text;1' };
  const menu = { ...file, plain: 'GRUB.CFG;1', seen: 'grub.cfg', joliet: 'grub.cfg;1' };
  const rows: [sectorOf: number, parent: number, entries: Entry[]][] = [
    [root, root, [folder, { ...readme, sector: files.readme, size: readmeText.length }]],
    [boot, root, [{ ...menu, sector: files.menu, size: menuText.length }]],
  ];
  for (const [own, parent, entries] of rows) {
    const records = [
      record(
        Buffer.of(0),
        own,
        sectorSize,
        true,
        use(options, joliet, { isRoot: own === root, directory: true }),
      ),
      record(Buffer.of(1), parent, sectorSize, true, use(options, joliet, { directory: true })),
      ...entries.map((entry) =>
        record(
          identifier(entry, joliet),
          entry.sector,
          entry.size,
          entry.directory,
          use(options, joliet, entry),
        ),
      ),
    ];
    image.set(Buffer.concat(records), own * sectorSize);
  }
  const name = identifier(folder, joliet);
  for (const [index, little] of [true, false].entries()) {
    const table = Buffer.alloc(10 + 8 + name.length);
    const view = new DataView(table.buffer, table.byteOffset);
    table.set([1], 0);
    view.setUint32(2, root, little);
    view.setUint16(6, 1, little);
    table.set([name.length], 10);
    view.setUint32(12, boot, little);
    view.setUint16(16, 1, little);
    table.set(name, 18);
    image.set(table, (tables + index) * sectorSize);
  }
}

const identifier = ({ plain, joliet: wide }: Pick<Entry, 'plain' | 'joliet'>, joliet: boolean) =>
  joliet ? Buffer.from(wide, 'utf16le').swap16() : Buffer.from(plain, 'latin1');

/** ECMA-119 9.1. */
function record(name: Buffer, sector: number, size: number, directory: boolean, systemUse: Buffer): Buffer {
  const start = 33 + name.length + (name.length % 2 === 0 ? 1 : 0);
  const bytes = Buffer.alloc(start + systemUse.length + ((start + systemUse.length) % 2));
  bytes.writeUInt8(bytes.length, 0);
  both(bytes, 2, sector);
  both(bytes, 10, size);
  bytes.set([124, 1, 2, 3, 4, 5, 0, directory ? 2 : 0, 0, 0, 1, 0, 0, 1, name.length], 18);
  bytes.set(name, 33);
  bytes.set(systemUse, start);
  return bytes;
}

function use(
  { fields, sharing }: HandMade,
  joliet: boolean,
  { isRoot = false, directory, seen }: { isRoot?: boolean; directory: boolean; seen?: string },
): Buffer {
  if (joliet) return Buffer.alloc(0);
  // What CD-ROM XA has there, cut or with zeros behind it.
  const other = (length: number) => {
    const bytes = Buffer.alloc(length);
    bytes.set(Buffer.from('\0\0\0\0\u000d\u0055XA', 'latin1').subarray(0, length));
    return bytes;
  };
  const px = Buffer.alloc(36);
  px.write('PX\u0024\u0001', 'latin1');
  both(px, 4, directory ? 0o040555 : 0o100444);
  both(px, 12, directory ? 2 : 1);
  const tf = Buffer.from([...Buffer.from('TF'), 12, 1, 2, 124, 1, 2, 3, 4, 5, 0]);
  const nm = seen === undefined ? '' : `NM${String.fromCharCode(5 + seen.length)}\u0001\u0000${seen}`;
  // Which extension it is (SUSP 5.5); xorriso asks for it.
  const er = isRoot ? 'ER\u0012\u0001\u000a\0\0\u0001RRIP_1991A' : '';
  const own = fields ? Buffer.concat([px, tf, Buffer.from(nm + er, 'latin1')]) : Buffer.alloc(0);
  if (sharing === undefined) return own;
  if (!isRoot) return Buffer.concat([other(sharing.skip), own]);
  const sp = Buffer.from([...Buffer.from('SP'), 7, 1, 0xbe, 0xef, sharing.skip]);
  return Buffer.concat([other(sharing.before), sp, own]);
}

/** ECMA-119 8.4 and 8.5. */
function descriptor(
  image: Buffer,
  sector: number,
  type: number,
  { root, tables }: (typeof layout)['plain'],
): void {
  const bytes = image.subarray(sector * sectorSize, (sector + 1) * sectorSize);
  bytes.write(`${String.fromCharCode(type)}CD001\u0001`, 'latin1');
  bytes.fill(' ', 8, 72);
  bytes.write(type === 2 ? '\0H\0A\0N\0D' : 'HAND', 40, 'latin1');
  both(bytes, 80, files.end);
  for (const offset of [120, 124]) bytes.set([1, 0, 0, 1], offset);
  bytes.set([0, 8, 8, 0], 128);
  both(bytes, 132, 18 + (type === 2 ? 8 : 4));
  bytes.writeUInt32LE(tables, 140);
  bytes.writeUInt32BE(tables + 1, 148);
  record(Buffer.of(0), root, sectorSize, true, Buffer.alloc(0)).copy(bytes, 156);
  bytes.fill(' ', 190, 813);
  bytes.set([1], 881);
}

const both = (bytes: Buffer, offset: number, value: number) => {
  bytes.writeUInt32LE(value, offset);
  bytes.writeUInt32BE(value, offset + 4);
};
