/** What can fail cheaply before an installation onto partitions that were there. Reads only. */
import { bootedCoreLba } from '../boot/boot-sector.ts';
import { parseBootEnvironment } from '../boot/environment.ts';
import { espFolder, espHopPath, espHopTitle } from '../boot/existing-menu.ts';
import type { MachineFacts, PartitionFacts } from '../disk/facts.ts';
import { missingFiles, readInstalledManifest, readStateEnvironmentBlock } from '../disk/installation.ts';
import { OpsError, refused, usage } from '../errors.ts';
import { probeExt4, unknownToGrub } from '../formats/ext4.ts';
import { probeFat } from '../formats/fat.ts';
import { readFatFile } from '../formats/fat-file.ts';
import { decodeMbr } from '../formats/mbr.ts';
import { formatBytes } from '../formats/size.ts';
import type { Host, OpenFile } from '../host/ports.ts';
import type { Manifest } from '../media/manifest.ts';
import type { ExistingTarget } from './existing-boot.ts';
import { type BootSights, bootPlaces, type EspSight, findEsp, isOurLayout } from './existing-boot.ts';
import { type ChosenPartition, chooseExisting } from './existing-choose.ts';
import type { BootAssets, ExistingAssets } from './medium.ts';
import type { InstallRequest } from './request.ts';

/** The programs that these steps run beside those of every installation. */
export const existingTools = ['debugfs', 'e2label', 'mdel', 'mren', 'mmd', 'mcopy', 'sync'] as const;

/** The journal of the installation, folders, and room for a first boot. */
const roomToStart = 256 * 2 ** 20;

/** The partition that was meant, and where its boot loader goes. Throws what chooseExisting throws. */
export async function selectExisting(
  host: Host,
  request: InstallRequest,
  facts: MachineFacts,
): Promise<ExistingTarget> {
  if (request.varDevice !== undefined)
    throw usage('var-device-no-format', '--var-device formats a disk: it does not go with --no-format');
  const real =
    request.device === undefined
      ? undefined
      : await host.files.realPath(request.device).catch(() => request.device);
  const chosen = chooseExisting(facts, request.device, real);
  const sights = await lookAtBoot(host, facts, chosen);
  return { ...chosen, places: bootPlaces(facts, chosen, sights, request) };
}

/**
 * Says whether an older system is on it. Throws (refused) `not-ext4`, `filesystem-not-clean`, `filesystem-features`, `disk-too-small`, and
 * `installed-already` for what this very unattended request has put there.
 */
export async function checkFileSystem(
  host: Host,
  request: Pick<InstallRequest, 'id' | 'always'>,
  { partition }: ChosenPartition,
  manifest: Manifest,
): Promise<Pick<ExistingTarget, 'older'>> {
  const { path } = partition;
  const found = await reading(host, path, probeExt4);
  if (found?.type !== 'ext4') throw refused('not-ext4', `${path} carries no ext4 file system`);
  const unknown = unknownToGrub(found);
  if (unknown.length > 0)
    throw refused('filesystem-features', `The boot loader cannot read ${path}: ${unknown.join(', ')}`, {
      hint: `Some features can be turned off while it is not mounted: tune2fs -O ^FEATURE ${path}`,
    });
  if (found.state !== 'clean')
    throw refused('filesystem-not-clean', `The file system on ${path} was not unmounted properly`, {
      hint: `Check it, and run the command again: e2fsck -f ${path}`,
    });
  await refuseRepeated(host, request, path);
  const needed = sizeOf(manifest) + roomToStart;
  const old = await olderSystem(host, path);
  const room = found.free + old.size;
  if (room < needed)
    throw refused(
      'disk-too-small',
      `${path} has too little room: the system needs ${formatBytes(needed)}, there are ${formatBytes(room)}`,
      { hint: 'Remove files from it, or use a larger partition.' },
    );
  return { older: old.found };
}

/** Throws `boot-asset-missing` (refused): facts that an older version has recorded lack them. */
export function withExistingAssets(assets: BootAssets): BootAssets & ExistingAssets {
  const { 'search.img': search, 'gcdx64.efi': gcd } = assets;
  if (search !== undefined && gcd !== undefined)
    return { ...assets, 'search.img': search, 'gcdx64.efi': gcd };
  throw refused(
    'boot-asset-missing',
    'This system has no boot loader for partitions that are there already',
    {
      hint: 'Boot an unchanged Bhojpur OS ISO of this version.',
    },
  );
}

const sizeOf = ({ files }: Manifest) =>
  files.reduce((sum, file) => sum + Math.ceil(file.size / 4096) * 4096, 0);

/** Whether there is an older installation, and the bytes of it that go before the new one comes. */
async function olderSystem(
  host: Host,
  path: string,
): Promise<{ readonly found: boolean; readonly size: number }> {
  const old = await readInstalledManifest(host, path);
  // Without a manifest it may be half removed.
  if (!('found' in old))
    return { found: !('absent' in (await readStateEnvironmentBlock(host, path))), size: 0 };
  const missing = await missingFiles(host, path, old.found);
  const files = old.found.files.filter((one) => !missing.includes(one.path));
  return { found: true, size: sizeOf({ ...old.found, files }) };
}

async function refuseRepeated(
  host: Host,
  { id, always }: Pick<InstallRequest, 'id' | 'always'>,
  path: string,
): Promise<void> {
  if (id === undefined || always) return;
  const block = await readStateEnvironmentBlock(host, path);
  if (!('found' in block)) return;
  const { mark, request } = parseBootEnvironment(block.found);
  if (mark !== 'valid' || request !== id) return;
  throw refused('installed-already', `${path} was installed by this very request already`, {
    hint: 'It was not seen when this boot looked for it: restart to try again, or use bos.install.always.',
  });
}

async function lookAtBoot(host: Host, facts: MachineFacts, chosen: ChosenPartition): Promise<BootSights> {
  const { disk } = chosen;
  const sector = await reading(host, disk.path, (file) => file.read(0, 512));
  const bootedCore = bootedCoreLba(sector);
  const esp = isOurLayout(chosen) ? undefined : findEsp(facts, chosen)?.partition;
  const stage = decodeMbr(sector);
  return {
    ...(esp === undefined ? {} : { esp: await lookAtEsp(host, esp, otherStates(facts, chosen)) }),
    ...(bootedCore === undefined ? {} : { bootedCore }),
    otherBootCode: stage?.hasBootCode === true && !(await isOurs(host, chosen)),
  };
}

/** What the boot code starts is an older installation on this very partition, as far as that can be known. */
async function isOurs(host: Host, { partition }: ChosenPartition): Promise<boolean> {
  return 'found' in (await readStateEnvironmentBlock(host, partition.path));
}

/** UUIDs of the other file systems of this machine: what leads to one of them is not ours to change. */
const otherStates = ({ disks }: MachineFacts, { partition }: ChosenPartition): string[] =>
  disks
    .flatMap((disk) => disk.partitions)
    .flatMap(({ path, signature }) => (path === partition.path ? [] : [signature?.uuid ?? '']))
    .filter((uuid) => uuid !== '');

async function lookAtEsp(host: Host, { path }: PartitionFacts, others: readonly string[]): Promise<EspSight> {
  const free = await freeOn(host, path);
  return reading(host, path, async (file): Promise<EspSight> => {
    const unusable = { fat32: false, fallback: 'other', hop: 'other', room: 0 } as const;
    if ((await probeFat(file))?.type !== 'fat32') return unusable;
    try {
      const hop = await readFatFile(file, espHopPath);
      const hopOwner = hop === undefined ? 'free' : isHop(hop, others) ? 'ours' : 'other';
      const fallback = await readFatFile(file, 'EFI/BOOT/BOOTX64.EFI');
      const shim = await readFatFile(file, `${espFolder}/shimx64.efi`);
      const same = fallback !== undefined && shim !== undefined && Buffer.compare(fallback, shim) === 0;
      const fallbackOwner = fallback === undefined ? 'free' : same && hopOwner === 'ours' ? 'ours' : 'other';
      return { fat32: true, fallback: fallbackOwner, hop: hopOwner, room: free };
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      return unusable;
    }
  });
}

function isHop(bytes: Uint8Array, others: readonly string[]): boolean {
  const text = Buffer.from(bytes).toString('utf8');
  return text.startsWith(espHopTitle) && !others.some((uuid) => text.includes(uuid));
}

/** `minfo` and `mdir` end with the free bytes; 0 when that cannot be read. */
async function freeOn(host: Host, path: string): Promise<number> {
  const { stdout } = await host.processes.run('mdir', ['-i', path, '::/'], {
    okCodes: [0, 1],
    env: { MTOOLS_SKIP_CHECK: '1' },
  });
  const [, digits = '0'] = /^\s*([\d ]+) bytes free/m.exec(stdout) ?? [];
  return Number(digits.replaceAll(' ', ''));
}

async function reading<T>(host: Host, path: string, use: (file: OpenFile) => Promise<T>): Promise<T> {
  const file = await host.files.open(path, 'r');
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
