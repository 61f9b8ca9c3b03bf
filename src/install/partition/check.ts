/** What can fail cheaply before an installation onto partitions that were there. Reads only. */
import type { MachineFacts } from '../../disk/facts.ts';
import { espLabel } from '../../disk/layout/layout.ts';
import {
  type Look,
  missingFiles,
  readEnvironmentBlock,
  readInstalledManifest,
  readStateEnvironmentBlock,
} from '../../disk/probe/installation.ts';
import { OpsError, refused, usage } from '../../errors.ts';
import { parseEnvironmentBlock } from '../../formats/boot-config/grubenv.ts';
import { probeExt4, unknownToGrub } from '../../formats/filesystems/ext4.ts';
import { formatBytes } from '../../formats/size.ts';
import type { Host } from '../../host/ports.ts';
import { installedSize, type Manifest } from '../../media/manifest.ts';
import { type InstallRequest, isSameRequest } from '../request.ts';
import { bootPlaces, isOurLayout, type PartitionTarget } from './boot.ts';
import { type ChosenPartition, choosePartition } from './choose.ts';
import { lookAtBoot, reading } from './probe-boot.ts';
import { findVolumeTools } from './volume-tools.ts';

/** The journal of the installation, folders, and room for a first boot. */
const roomToStart = 256 * 2 ** 20;

/**
 * The partition that was meant, and where its boot loader goes. Throws what choosePartition and findVolumeTools throw,
 * and `layout-changed`.
 */
export async function selectPartition(
  host: Host,
  request: InstallRequest,
  facts: MachineFacts,
): Promise<PartitionTarget> {
  if (request.varDevice !== undefined)
    throw usage(
      'var-device-no-format',
      '--var-device formats a disk and cannot be combined with --no-format',
    );
  const real =
    request.device === undefined
      ? undefined
      : await host.files.realPath(request.device).catch(() => request.device);
  const chosen = choosePartition(facts, request.device, real);
  await refuseSplit(host, chosen);
  const bootFacts = await lookAtBoot(host, facts, chosen);
  const tools = chosen.volume?.logicalVolume === undefined ? {} : { tools: await findVolumeTools(host) };
  return { ...chosen, ...tools, places: bootPlaces(facts, chosen, bootFacts, request) };
}

/**
 * Says whether an older system is on it. Without a manifest nobody knows how much room is needed. Throws (refused)
 * `not-ext4`, `filesystem-not-clean`, `filesystem-features`, `disk-too-small`.
 */
export async function checkFileSystem(
  host: Host,
  { partition }: ChosenPartition,
  manifest: Manifest | undefined,
): Promise<Pick<PartitionTarget, 'older'>> {
  const { path } = partition;
  const found = await reading(host, path, probeExt4);
  if (found?.type !== 'ext4') throw refused('not-ext4', `${path} does not have an ext4 file system`);
  const unknown = unknownToGrub(found);
  if (unknown.length > 0)
    throw refused('filesystem-features', `The boot loader cannot read ${path}: ${unknown.join(', ')}`, {
      hint: `Some features can be turned off while it is not mounted: \`tune2fs -O ^FEATURE ${path}\`.`,
    });
  if (found.state !== 'clean')
    throw refused('filesystem-not-clean', `The file system on ${path} was not unmounted properly`, {
      hint: `Check it with \`e2fsck -f ${path}\`, and run the command again.`,
    });
  if (manifest === undefined) return { older: false };
  const needed = installedSize(manifest.files) + roomToStart;
  const old = await olderSystem(host, path);
  const room = found.free + old.size;
  if (room < needed)
    throw refused(
      'disk-too-small',
      `${path} has too little room: the system needs ${formatBytes(needed)}, but there are ${formatBytes(room)}`,
      { hint: 'Remove files from it, or use a larger partition.' },
    );
  return { older: old.found };
}

/**
 * An environment on an ESP of ours counts before the one on the file system. Where the disk is not as the installer
 * has left it, nobody would know which of two says the truth.
 */
async function refuseSplit(host: Host, chosen: ChosenPartition): Promise<void> {
  if (isOurLayout(chosen)) return;
  const { disk, partition } = chosen;
  for (const { path, signature } of disk.partitions) {
    if (signature?.type !== 'vfat' || signature.label !== espLabel) continue;
    const uuid = variablesOf(await readEnvironmentBlock(host, path)).get('bos_state_uuid');
    if (uuid !== partition.signature?.uuid) continue;
    throw refused(
      'layout-changed',
      `The boot environment for ${partition.path} is on ${path}, but the partitions are no longer as the installer made them`,
      {
        hint: `Install to the whole disk, or erase ${path} first: \`wipefs --all ${path}\`.`,
      },
    );
  }
}

/** Of a block that is not there, or torn, nothing. */
function variablesOf(block: Look<Uint8Array>): ReadonlyMap<string, string> {
  if (!('found' in block)) return new Map();
  try {
    return parseEnvironmentBlock(block.found);
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return new Map();
  }
}

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
  const files = old.found.files.filter((file) => !missing.includes(file.path));
  return { found: true, size: installedSize(files) };
}

/** Throws `installed-already` (refused) for what this very unattended request has put there. */
export async function refuseRepeated(
  host: Host,
  { id, always }: Pick<InstallRequest, 'id' | 'always'>,
  path: string,
): Promise<void> {
  if (id === undefined || always) return;
  const variables = variablesOf(await readStateEnvironmentBlock(host, path));
  if (variables.get('bos_mark') !== 'valid' || !isSameRequest(variables.get('bos_request'), id)) return;
  throw refused('installed-already', `${path} was already installed by this same request`, {
    hint: 'It appeared too late in this boot: restart to try again, or use bos.install.always.',
  });
}
