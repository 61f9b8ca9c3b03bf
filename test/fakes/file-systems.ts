/** Stand-ins for mkfs.fat, mmd, mcopy and mkfs.ext4 that write what readers of the real formats understand. */
import { basename, dirname } from 'node:path/posix';
import type { FakeHost, Tool } from './host.ts';
import { SparseBytes } from './sparse.ts';

const sector = 512;
const reserved = 32;
const fatSectors = 512;
const clusterSize = 4096;
/** Reserved by the format: here, which of the known contents this is, so that a copy of the volume is known too. */
const contentMark = 2 * sector;
const dataStart = (reserved + fatSectors) * sector;

/** FAT32 with short names only: one FAT, files in one piece each. */
function writeFat(device: SparseBytes, files: ReadonlyMap<string, Uint8Array | 'folder'>): void {
  const boot = Buffer.alloc(sector);
  boot.writeUInt16LE(sector, 11);
  boot.writeUInt8(clusterSize / sector, 13);
  boot.writeUInt16LE(reserved, 14);
  boot.writeUInt8(1, 16);
  boot.writeUInt32LE(Math.floor(device.size / sector), 32);
  boot.writeUInt32LE(fatSectors, 36);
  boot.writeUInt32LE(2, 44);
  boot.writeUInt16LE(0xaa55, 510);
  device.write(0, boot);
  const fat = Buffer.alloc(fatSectors * sector);
  let free = 3;
  const allocate = (bytes: number) => {
    const first = free;
    const count = Math.max(1, Math.ceil(bytes / clusterSize));
    for (let at = first; at < first + count; at++) fat.writeUInt32LE(at + 1, at * 4);
    fat.writeUInt32LE(0x0fffffff, (first + count - 1) * 4);
    free += count;
    return first;
  };
  fat.writeUInt32LE(0x0fffffff, 8);
  const folders = new Map([['', { cluster: 2, entries: [] as Buffer[] }]]);
  for (const [path, content] of files) {
    const parent = folders.get(dirname(path).replace(/^\.$/, ''));
    if (parent === undefined) throw new Error(`no folder for ${path}`);
    const size = content === 'folder' ? 0 : content.length;
    const cluster = allocate(size);
    const [base = '', extension = ''] = basename(path).toUpperCase().split('.');
    const entry = Buffer.alloc(32);
    entry.write(base.padEnd(8) + extension.padEnd(3), 0, 'latin1');
    entry.writeUInt8(content === 'folder' ? 0x10 : 0x20, 11);
    entry.writeUInt16LE(cluster >> 16, 20);
    entry.writeUInt16LE(cluster & 0xffff, 26);
    entry.writeUInt32LE(size, 28);
    parent.entries.push(entry);
    if (content === 'folder') folders.set(path, { cluster, entries: [] });
    else device.write(dataStart + (cluster - 2) * clusterSize, content);
  }
  for (const { cluster, entries } of folders.values())
    device.write(dataStart + (cluster - 2) * clusterSize, Buffer.concat([...entries, Buffer.alloc(32)]));
  device.write(reserved * sector, fat);
}

const uuidBytes = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex');
const after = (args: readonly string[], flag: string) => args[args.indexOf(flag) + 1] ?? '';

function writeExt4(device: SparseBytes, args: readonly string[]): void {
  const block = Buffer.alloc(1024);
  block.writeUInt32LE(Math.floor(device.size / 4096), 4);
  block.writeUInt32LE(2, 0x18);
  block.writeUInt16LE(0xef53, 0x38);
  block.writeUInt16LE(1, 0x3a);
  block.writeUInt32LE(0x40, 0x60);
  uuidBytes(after(args, '-U')).copy(block, 0x68);
  block.write(after(args, '-L'), 0x78);
  device.write(1024, block);
}

/** The tools for the devices of `host`, each kept as real as reading back needs. */
export function fileSystemTools(host: () => FakeHost): Record<string, Tool> {
  const contents: Map<string, Uint8Array | 'folder'>[] = [];
  const device = (path: string) => {
    const found = host().devices.get(path);
    if (found === undefined) throw new Error(`no device ${path}`);
    return found;
  };
  const change = (path: string, add: (files: Map<string, Uint8Array | 'folder'>) => void) => {
    const mark = Buffer.alloc(4);
    const files = new Map(contents[Buffer.from(device(path).read(contentMark, 4)).readUInt32LE() - 1]);
    add(files);
    mark.writeUInt32LE(contents.push(files));
    writeFat(device(path), files);
    // Like mtools, it leaves what it wrote in memory.
    host().effects.push({ kind: 'write', path, detail: 'by a program' });
    device(path).write(contentMark, mark);
    return undefined;
  };
  const name = (argument: string) => argument.replace(/^::\//, '');
  return {
    // `-C … FILE KIBIBYTES` makes the file
    'mkfs.fat': (args) => {
      const [path = '', size] = args[0] === '-C' ? args.slice(-2) : args.slice(-1);
      if (size !== undefined) host().devices.set(path, new SparseBytes(Number(size) * 1024));
      return change(path, (files) => files.clear());
    },
    mren: (args) => {
      const [from = '', to = ''] = args.slice(-2).map(name);
      return change(after(args, '-i'), (files) => {
        const bytes = files.get(from);
        if (bytes === undefined) throw new Error(`no file ${from}`);
        files.delete(from);
        files.set(to, bytes);
      });
    },
    mdel: (args) => change(after(args, '-i'), (files) => files.delete(name(args.at(-1) ?? ''))),
    mmd: (args) =>
      change(after(args, '-i'), (files) => {
        for (const one of args.filter((argument) => argument.startsWith('::/')))
          files.set(name(one), 'folder');
      }),
    mcopy: async (args, options) => {
      const to = name(args.at(-1) ?? '');
      // `-i DEVICE - ::/FILE`, or `-i DEVICE FILE… ::/FOLDER`
      const sources = args.slice(args.indexOf('-i') + 2, -1);
      const copied = await Promise.all(
        sources.map(async (path): Promise<[string, Uint8Array]> => {
          if (path === '-') return [to, Buffer.from(options.input ?? '')];
          return [`${to}/${basename(path)}`, await host().files.read(path)];
        }),
      );
      return change(after(args, '-i'), (files) => {
        for (const [path, bytes] of copied) files.set(path, bytes);
      });
    },
    // As the real one does, it flushes what it wrote.
    'mkfs.ext4': (args) => {
      const path = args.at(-1) ?? '';
      writeExt4(device(path), args);
      host().effects.push({ kind: 'write', path, detail: 'by a program' }, { kind: 'sync', path });
      return undefined;
    },
  };
}
