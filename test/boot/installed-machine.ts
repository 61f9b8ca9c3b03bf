/** A machine in memory that was started from its disk: its boot environment on the ESP, or on the state file system. */
import {
  type BootEnvironment,
  environmentPath,
  parseBootEnvironment,
  renderBootEnvironment,
  stateEnvironmentPath,
} from '../../src/boot/environment.ts';
import { readFatFile } from '../../src/formats/filesystems/fat/file.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { type FakeHost, type FakeSetup, fakeHost } from '../fakes/host.ts';
import { SparseBytes } from '../fakes/sparse.ts';

const { files, processes } = linuxHost();
export const devices = { state: '/dev/vda3', esp: '/dev/vda2' };
export const ownUuid = '55555555-5555-4555-8555-555555555555';
/** What is mounted of it. */
const onState = `/run/bos/state/${stateEnvironmentPath}`;

export const environment = (others: Readonly<Record<string, string>> = {}): BootEnvironment => ({
  ...{ mark: 'valid', stateUuid: ownUuid, kernel: '6.1.2', os: '2.0.0', dcp: null, others },
});

export interface InstalledSetup extends FakeSetup {
  /** Where the block is. */
  readonly place: 'esp' | 'state';
  readonly environment?: BootEnvironment;
  /** Files elsewhere too: of another installation that shares this ESP. */
  readonly foreign?: BootEnvironment;
}

/** What starts there and what can be looked at: `seen` is the environment as the boot loader reads it. */
export interface InstalledMachine {
  readonly host: FakeHost;
  seen(): Promise<BootEnvironment>;
}

export async function installedMachine(setup: InstalledSetup): Promise<InstalledMachine> {
  const own = renderBootEnvironment(setup.environment ?? environment());
  const onEsp = setup.place === 'esp' ? own : setup.foreign && renderBootEnvironment(setup.foreign);
  const host = fakeHost({
    ...setup,
    devices: {
      [devices.state]: await formatted('ext4', undefined),
      [devices.esp]: await formatted('fat', onEsp),
      ...setup.devices,
    },
    files: { ...(setup.place === 'state' ? { [onState]: own } : {}), ...setup.files },
  });
  const esp = () => host.devices.get(devices.esp) as SparseBytes;
  return {
    host,
    seen: async () => {
      if (setup.place === 'state') return parseBootEnvironment(await host.files.read(onState));
      const volume = {
        size: esp().size,
        read: async (offset: number, length: number) => esp().read(offset, length),
      };
      return parseBootEnvironment((await readFatFile(volume, environmentPath)) ?? new Uint8Array());
    },
  };
}

/** By the real tools, which take most of the time of a test: each kind is made once. */
const made = new Map<string, Promise<Buffer>>();
async function formatted(type: 'ext4' | 'fat', block: Uint8Array | undefined): Promise<SparseBytes> {
  const key = `${type} ${block === undefined ? '' : Buffer.from(block).toString('base64')}`;
  const image = made.get(key) ?? make(type, block);
  made.set(key, image);
  const bytes = await image;
  const device = new SparseBytes(bytes.length);
  for (let offset = 0; offset < bytes.length; offset += 65_536) {
    const piece = bytes.subarray(offset, offset + 65_536);
    if (piece.some((byte) => byte !== 0)) device.write(offset, piece);
  }
  return device;
}

/** All that is written of it. */
async function beginning(image: string): Promise<Buffer> {
  const file = await files.open(image, 'r');
  const bytes = Buffer.from(await file.read(0, 2_000_000));
  await file.close();
  return bytes;
}

async function make(type: 'ext4' | 'fat', block: Uint8Array | undefined): Promise<Buffer> {
  const folder = await files.makeTempDir('bos-installed-');
  try {
    const image = `${folder}/image`;
    if (type === 'ext4') {
      await processes.run('truncate', ['-s', '1M', image]);
      await processes.run('mkfs.ext4', ['-q', '-O', '^has_journal', '-U', ownUuid, image]);
      return await beginning(image);
    }
    await processes.run('mkfs.fat', ['-C', '-F', '32', '-s', '1', image, '40000']);
    if (block !== undefined) {
      await processes.run('mmd', ['-i', image, '::/EFI', '::/EFI/debian']);
      await files.write(`${folder}/block`, block);
      await processes.run('mcopy', ['-i', image, `${folder}/block`, `::/${environmentPath}`]);
    }
    return await beginning(image);
  } finally {
    await files.remove(folder);
  }
}
