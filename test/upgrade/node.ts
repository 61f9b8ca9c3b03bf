/** A node in memory with one deployment, and media with others, for tests of upgrades. */
import { type BootEnvironment, renderBootEnvironment } from '../../src/boot/environment.ts';
import { readInstalledEnvironment } from '../../src/boot/installed-environment.ts';
import { renderDiskMenu } from '../../src/boot/menus/menu.ts';
import { sha256Of } from '../../src/host/digest.ts';
import { type Manifest, renderManifest } from '../../src/media/manifest.ts';
import type { UpgradeRequest } from '../../src/upgrade/request.ts';
import { type FakeHost, type FakeSetup, fakeHost, SparseBytes } from '../fakes/host.ts';

export const state = '/run/bos/state';
export const devices = { state: '/dev/vda3', esp: '' };
const uuid = '55555555-5555-4555-8555-555555555555';
const block = `${state}/bos/system/grub/grubenv`;

export interface Versions {
  readonly kernel: string;
  readonly os: string;
  readonly dcp?: string | null;
  /** Tells contents of the same version apart. */
  readonly content?: string;
}

/** Path and content of everything that a system of these versions has. */
export function systemFiles({ kernel, os, dcp = null, content = '' }: Versions): Record<string, string> {
  return {
    ...Object.fromEntries(
      ['vmlinuz', 'initrd', 'kernel.squashfs'].map((name) => [
        `bos/system/kernel/${kernel}/${name}`,
        `${name} of ${kernel}${content}`,
      ]),
    ),
    [`bos/system/os/${os}/rootfs.squashfs`]: `rootfs of ${os}${content}`,
    ...(dcp === null ? {} : { [`bos/system/dcp/${dcp}/dcp`]: `dcp of ${dcp}${content}` }),
  };
}

export function manifestOf(versions: Versions, arch: Manifest['arch'] = 'amd64'): Manifest {
  const { kernel, os, dcp = null } = versions;
  return {
    ...{ v: 1, arch, kernel, os, dcp },
    files: Object.entries(systemFiles(versions)).map(([path, text]) => ({
      ...{ path, size: Buffer.byteLength(text), sha256: sha256Of(Buffer.from(text)) },
    })),
  };
}

/** A medium with these versions below `root`, as files of a fake machine. */
export const medium = (
  root: string,
  versions: Versions,
  arch?: Manifest['arch'],
): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(systemFiles(versions)).map(([path, text]) => [`${root}/${path}`, text]),
  ),
  [`${root}/bos/system/manifest.json`]: renderManifest(manifestOf(versions, arch)),
});

export const installed: Versions = { kernel: '6.1.0-40-amd64', os: '0.1.0' };

export interface NodeSetup extends FakeSetup {
  readonly versions?: Versions;
  /** Further variables of the boot environment. */
  readonly others?: Readonly<Record<string, string>>;
  /** What was started; the installed versions when left out. */
  readonly running?: Versions;
}

export function fakeNode({
  versions = installed,
  others = {},
  running = versions,
  ...setup
}: NodeSetup = {}): FakeHost {
  const device = new SparseBytes(1024 * 1024);
  const superBlock = Buffer.alloc(1024);
  superBlock.writeUInt16LE(0xef53, 0x38);
  superBlock.writeUInt32LE(2, 0x18);
  Buffer.from(uuid.replaceAll('-', ''), 'hex').copy(superBlock, 0x68);
  device.write(1024, superBlock);
  const { kernel, os, dcp = null } = versions;
  const boot = { v: 1, mode: 'disk', medium: '', mediumRoot: '', state: devices.state, esp: devices.esp };
  return fakeHost({
    ...setup,
    devices: { [devices.state]: device, ...setup.devices },
    files: {
      ...medium(state, versions),
      [`${state}/bos/system/grub/menu.cfg`]: renderDiskMenu({ arguments: ['quiet'] }),
      [block]: renderBootEnvironment({ mark: 'valid', stateUuid: uuid, kernel, os, dcp, others }),
      '/run/bos/boot.json': JSON.stringify({
        ...{ ...boot, kernel: running.kernel, os: running.os, dcp: running.dcp ?? '' },
      }),
      ...setup.files,
    },
    tools: {
      sync: () => undefined,
      sh: () => undefined,
      fsfreeze: () => undefined,
      ln: () => undefined,
      systemctl: () => undefined,
      ...setup.tools,
    },
  });
}

/** What the boot loader reads. */
export const environmentOf = (host: FakeHost): Promise<BootEnvironment> =>
  readInstalledEnvironment(host, '/', devices);

export const request = (more: Partial<UpgradeRequest> = {}): UpgradeRequest => ({
  ...{ root: '/', source: '/medium', components: ['kernel', 'os', 'dcp'], force: false, mode: 'commit' },
  ...{ tries: 3, insecure: false, dryRun: false },
  ...more,
});

export const options = { emit: () => {} };

/** Of every file that the manifest lists, those that are missing or other than it says. */
export async function faultsOf(host: FakeHost): Promise<string[]> {
  const { files } = JSON.parse(await host.files.readText(`${state}/bos/system/manifest.json`)) as Manifest;
  const faults: string[] = [];
  for (const { path, sha256 } of files) {
    const found = (await host.files.exists(`${state}/${path}`))
      ? await host.files.read(`${state}/${path}`)
      : '';
    if (sha256Of(Buffer.from(found)) !== sha256) faults.push(path);
  }
  return faults;
}

/** That all files of the deployment which the boot loader starts are there, whole. */
export async function startsWhole(host: FakeHost, known: readonly Versions[]): Promise<string[]> {
  const { kernel, os, dcp } = await environmentOf(host);
  const wanted = known.flatMap((versions) => Object.entries(systemFiles(versions)));
  const folders = [`kernel/${kernel}/`, `os/${os}/`, ...(dcp === null ? [] : [`dcp/${dcp}/`])];
  const faults: string[] = [];
  for (const folder of folders) {
    const files = wanted.filter(([path]) => path.startsWith(`bos/system/${folder}`));
    if (files.length === 0) faults.push(`nobody knows ${folder}`);
    for (const [path, text] of files)
      if (
        !(await host.files.exists(`${state}/${path}`)) ||
        (await host.files.readText(`${state}/${path}`)) !== text
      )
        faults.push(path);
  }
  return faults;
}
