/** A stand-in for mkfs.ext4 that writes what readers of the real format understand. */
import type { FakeHost, Tool } from './host.ts';
import type { SparseBytes } from './sparse.ts';

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
  return {
    // As the real one does, it flushes what it wrote.
    'mkfs.ext4': (args) => {
      const path = args.at(-1) ?? '';
      const device = host().devices.get(path);
      if (device === undefined) throw new Error(`no device ${path}`);
      writeExt4(device, args);
      host().effects.push({ kind: 'write', path, detail: 'by a program' }, { kind: 'sync', path });
      return undefined;
    },
  };
}
