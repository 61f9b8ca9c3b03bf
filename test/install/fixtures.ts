/** A live machine with one empty disk and a whole medium, to be varied by each test. */

import type { ArchitectureName } from '../../src/architectures.ts';
import type { DiskFacts, MachineFacts } from '../../src/disk/facts.ts';
import { sha256Of } from '../../src/host/digest.ts';
import {
  type BootAssets,
  bootAssetFolder,
  bootAssetNames,
  partitionAssetNames,
} from '../../src/install/medium/live.ts';
import { planInstall } from '../../src/install/plan.ts';
import type { PlanInput } from '../../src/install/plan-input.ts';
import { type InstallRequest, requestOf } from '../../src/install/request.ts';
import { type Manifest, renderManifest } from '../../src/media/manifest.ts';
import { programsOf } from '../../src/steps/index.ts';
import { disk as emptyDisk } from '../disk/facts.ts';
import { type FakeHost, type FakeSetup, fakeHost } from '../fakes/host.ts';
import { bootImage, coreImage } from '../steps/machine.ts';

export const mediumRoot = '/run/bos/medium';

export const disk = (more: Partial<DiskFacts> = {}): DiskFacts =>
  emptyDisk('/dev/vda', { size: 20 * 2 ** 30, model: 'QEMU HARDDISK', serial: 'S1', ...more });

export const facts = (more: Partial<MachineFacts> = {}): MachineFacts => ({
  v: 1,
  arch: 'amd64',
  firmware: 'bios',
  secureBoot: false,
  system: 'live',
  memory: 2 ** 30,
  consoles: ['tty0', 'ttyS0,115200'],
  disks: [disk()],
  mediumRoot,
  ids: {
    disk: '00000000-0000-4000-8000-00000000000d',
    biosGrub: '00000000-0000-4000-8000-000000000001',
    esp: '00000000-0000-4000-8000-000000000002',
    state: '00000000-0000-4000-8000-000000000003',
    stateFs: '11111111-2222-4333-8444-555555555555',
    varDisk: '00000000-0000-4000-8000-0000000000fd',
    varPartition: '00000000-0000-4000-8000-0000000000f1',
    varFs: '11111111-2222-4333-8444-5555555555ff',
    espFs: '1a2b3c4d',
  },
  ...more,
});

export const request = (more: Partial<InstallRequest> = {}): InstallRequest => ({
  ...requestOf({}, { silent: true }, { 'bos.password': 'secret' }),
  ...more,
});

const contents: Readonly<Record<string, string>> = {
  'bos/system/os/0.1.0/rootfs.squashfs': 'the root file system',
  'bos/system/kernel/6.1.0-40-amd64/vmlinuz': 'a kernel',
  'bos/system/kernel/6.1.0-40-amd64/initrd': 'an initrd',
};
export const manifest: Manifest = {
  ...{ v: 1, arch: 'amd64', kernel: '6.1.0-40-amd64', os: '0.1.0', dcp: null },
  files: Object.entries(contents).map(([path, text]) => ({
    path,
    size: text.length,
    sha256: sha256Of(text),
  })),
};

const assetBytes = (name: string) =>
  name === 'core.img' || name === 'search.img'
    ? coreImage
    : name === 'boot.img'
      ? bootImage
      : Buffer.from(`the bytes of ${name}`);

const namesFor = (arch: ArchitectureName) => [...bootAssetNames(arch), ...partitionAssetNames(arch)];
const assetNames = namesFor('amd64');
/** The parts of the boot loader of an architecture. */
export const assetsFor = (arch: ArchitectureName): BootAssets =>
  Object.fromEntries(
    namesFor(arch).map((name) => {
      const bytes = assetBytes(name);
      return [name, { path: `${bootAssetFolder}/${name}`, size: bytes.length, sha256: sha256Of(bytes) }];
    }),
  );
export const assets = assetsFor('amd64');

/** What is in the live system, beside its devices and tools. */
export const liveFiles: Readonly<Record<string, string | Uint8Array>> = {
  '/proc/cmdline': 'bos.mode=live\n',
  '/proc/self/mountinfo': '21 1 0:20 / / rw - tmpfs tmpfs rw\n',
  [`${mediumRoot}/bos/system/manifest.json`]: renderManifest(manifest),
  ...Object.fromEntries(Object.entries(contents).map(([path, text]) => [`${mediumRoot}/${path}`, text])),
  ...Object.fromEntries(assetNames.map((name) => [`${bootAssetFolder}/${name}`, assetBytes(name)])),
};

/** The live machine. A file given as undefined does not exist. */
export function liveHost(
  setup: Omit<FakeSetup, 'files'> & {
    readonly files?: Readonly<Record<string, string | Uint8Array | undefined>>;
  } = {},
): FakeHost {
  const files = { ...liveFiles, ...setup.files };
  return fakeHost({
    ...setup,
    files: Object.fromEntries(
      Object.entries(files).flatMap(([path, data]) => (data === undefined ? [] : [[path, data]])),
    ),
    tools: {
      ...Object.fromEntries([...installPrograms(), 'sync'].map((program) => [program, () => undefined])),
      ...setup.tools,
    },
  });
}

/** What the steps of an installation to a whole disk run. */
export const installPrograms = () => programsOf(planInstall(planInput()).steps);

export const planInput = (more: Partial<PlanInput> = {}): PlanInput => ({
  request: { debug: false },
  facts: facts(),
  disk: disk(),
  mediumRoot,
  manifest,
  manifestText: renderManifest(manifest),
  config: { size: 14, sha256: sha256Of('hostname: one\n') },
  assets,
  ...more,
});
