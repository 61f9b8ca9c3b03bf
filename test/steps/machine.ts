/** The machine that the cases of steps run on: an empty disk, a medium, and the parts of the boot loader. */
import { fileSystemTools } from '../fakes/file-systems.ts';
import { type FakeHost, type FakeSetup, fakeHost, SparseBytes } from '../fakes/host.ts';

export const MiB = 1024 * 1024;
export const diskSize = 3072 * MiB;
/** Of the third partition, in bytes. */
export const stateSize = diskSize - 303 * MiB;
/** The name that plans have for the mounted state file system. */
export const stateMount = 'mount:state';
const names = {
  'part:bios': '/dev/vda1',
  'part:esp': '/dev/vda2',
  'part:state': '/dev/vda3',
  [stateMount]: '/run/bos/target',
};

export interface Machine {
  readonly host: FakeHost;
  readonly names: Readonly<Record<string, string>>;
}

/** The system on the medium, by path. */
export const system = {
  'bos/system/os/1/rootfs.squashfs': 'the root file system',
  'bos/system/kernel/6/vmlinuz': 'a kernel',
};

/** As much of an i386-pc core image as placing it looks at: a block list entry that is not empty. */
export const coreImage = Buffer.alloc(1500, 0x11);
coreImage.fill(0, 480, 512);
coreImage.writeUInt16LE(2, 508);
export const bootImage = Buffer.alloc(512, 0x22);
bootImage.writeUInt16LE(0xaa55, 510);

/** A machine with an empty disk whose partitions show when partx looks. */
export function machine(setup: FakeSetup = {}): Machine {
  const host: FakeHost = fakeHost({
    ...setup,
    folders: ['/run/bos/target'],
    files: {
      '/proc/self/mountinfo': '21 1 0:20 / / rw - tmpfs tmpfs rw\n',
      '/proc/swaps': 'Filename\tType\tSize\tUsed\tPriority\n',
      '/sys/class/block/vda/size': `${diskSize / 512}\n`,
      '/sys/class/block/vda/ro': '0\n',
      '/sys/class/block/vda/dev': '254:0\n',
      '/sys/class/block/vda/serial': 'S1\n',
      '/boot/core.img': coreImage,
      '/boot/boot.img': bootImage,
      '/secret/config.yaml': 'hostname: one\n',
      ...Object.fromEntries(Object.entries(system).map(([path, content]) => [`/medium/${path}`, content])),
      ...setup.files,
    },
    devices: { '/dev/vda': new SparseBytes(diskSize), ...partitions(), ...setup.devices },
    tools: {
      ...fileSystemTools(() => host),
      partx: () => undefined,
      udevadm: () => undefined,
      mount: (args) => mountTable(host, `22 21 254:3 / ${args.at(-1)} rw - ext4 ${args.at(-2)} rw\n`),
      umount: () => mountTable(host, ''),
      ...setup.tools,
    },
  });
  return { host, names };
}

const partitions = () => ({
  '/dev/vda1': new SparseBytes(MiB),
  '/dev/vda2': new SparseBytes(300 * MiB),
  '/dev/vda3': new SparseBytes(stateSize),
});

async function mountTable(host: FakeHost, line: string): Promise<undefined> {
  await host.files.write('/proc/self/mountinfo', `21 1 0:20 / / rw - tmpfs tmpfs rw\n${line}`);
}

/** The machine as seen of its third partition, with the tools of a file system that is there. */
export function stateMachine(setup: FakeSetup = {}): Machine {
  const made = machine({
    ...setup,
    files: {
      '/sys/class/block/vda3/size': `${stateSize / 512}\n`,
      '/sys/class/block/vda3/ro': '0\n',
      '/sys/class/block/vda3/dev': '254:3\n',
      '/run/bos/target/lost+found/x': '',
      ...setup.files,
    },
    tools: {
      sync: () => undefined,
      // It flushes what it wrote, as the real one does.
      e2label: ([device = '', label = '']) => {
        const field = Buffer.alloc(16);
        field.write(label);
        made.host.devices.get(device)?.write(1024 + 0x78, field);
        made.host.effects.push({ kind: 'write', path: device, detail: 'by a program' });
        made.host.effects.push({ kind: 'sync', path: device });
        return undefined;
      },
      ...setup.tools,
    },
  });
  return made;
}
