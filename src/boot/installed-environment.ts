/**
 * The boot environment of the running installation, wherever it lies: on the EFI system partition, which is not mounted,
 * or on the state file system itself, which is. A change is one sector, written in place, flushed and read back.
 */
import { join } from 'node:path';
import { OpsError } from '../errors.ts';
import { environmentSize, sectorBudget } from '../formats/boot-config/grubenv.ts';
import { probeExt4 } from '../formats/filesystems/ext4.ts';
import { locateFatFile } from '../formats/filesystems/fat/file.ts';
import { withFile, writePieces } from '../host/device-pieces.ts';
import type { Host } from '../host/ports.ts';
import { boardKernel } from './deployment.ts';
import {
  type BootEnvironment,
  belongsTo,
  environmentPath,
  parseBootEnvironment,
  stateEnvironmentPath,
} from './environment.ts';
import { changedBlock, changeEnvironmentFile, type EnvironmentChanges } from './environment-file.ts';

/** Devices as the running system calls them; `esp` is empty when there is none. */
export interface InstalledDevices {
  /** Of BOS_STATE. */
  readonly state: string;
  readonly esp: string;
}

/** Where the initrd mounts BOS_STATE. */
export const statePath = '/run/bos/state';

/** A block that belongs to the state file system, and where it is: `path` is a device when `offset` is given. */
interface Found {
  readonly path: string;
  /** Bytes from the beginning of the EFI system partition. */
  readonly offset?: number;
  readonly environment: BootEnvironment;
}

/**
 * What the boot loader knows. `root` is `/` in the OS; where that is seen from a container, the folder at which it is.
 * Throws `environment-missing` (broken): neither place has a block that names the state file system; otherwise what
 * reading a device throws.
 */
export async function readInstalledEnvironment(
  host: Host,
  root: string,
  boot: InstalledDevices,
): Promise<BootEnvironment> {
  return (await find(host, root, boot)).environment;
}

/**
 * Sets variables, or removes those that are undefined, all of them by one sector: a power cut leaves the old or the new
 * ones. Throws what `readInstalledEnvironment` does, `environment-too-large` (usage) before anything is written, and
 * `read-back` (broken).
 */
export async function changeInstalledEnvironment(
  host: Host,
  root: string,
  boot: InstalledDevices,
  changes: EnvironmentChanges,
): Promise<void> {
  const { path, offset } = await find(host, root, boot);
  if (offset === undefined) return changeEnvironmentFile(host.files, path, changes);
  const block = await withFile(host, path, 'r', (esp) => esp.read(offset, environmentSize));
  const bytes = changedBlock(block, changes).subarray(0, sectorBudget);
  await writePieces(host, path, [{ offset, bytes }]);
}

/** As the initrd looks for it: the block on the EFI system partition if it names the file system, else the other. */
async function find(host: Host, root: string, { state, esp }: InstalledDevices): Promise<Found> {
  const uuid =
    state === '' || !state.startsWith('/dev/')
      ? undefined
      : await withFile(host, join(root, state), 'r', async (device) => (await probeExt4(device))?.uuid);
  // Over a board's own system the one on its root is the only one, whatever that file system is.
  const ours = (found: Found | undefined) =>
    found !== undefined && (belongsTo(found.environment, uuid) || found.environment.kernel === boardKernel);
  const first = esp === '' ? undefined : await onEsp(host, join(root, esp));
  const found = ours(first) ? first : await onState(host, root);
  if (found !== undefined && ours(found)) return found;
  throw new OpsError(
    'broken',
    'environment-missing',
    'The boot environment of this installation was not found',
    {
      details: [`state file system: ${state === '' ? 'none' : `${state}, UUID ${uuid ?? 'unknown'}`}`],
      hint: 'The system runs, but what it boots next cannot be changed. Install again over it to repair its boot loader.',
    },
  );
}

async function onEsp(host: Host, path: string): Promise<Found | undefined> {
  return withFile(host, path, 'r', async (esp) => {
    const [extent] = (await locateFatFile(esp, environmentPath))?.extents ?? [];
    if (extent === undefined || extent.length < environmentSize) return undefined;
    const environment = parsed(await esp.read(extent.offset, environmentSize));
    return environment && { path, offset: extent.offset, environment };
  });
}

async function onState({ files }: Host, root: string): Promise<Found | undefined> {
  const path = join(root, statePath, stateEnvironmentPath);
  const environment = (await files.exists(path)) ? parsed(await files.read(path)) : undefined;
  return environment && { path, environment };
}

/** Somebody else's block, or none, is not ours to read. */
function parsed(block: Uint8Array): BootEnvironment | undefined {
  try {
    return parseBootEnvironment(block);
  } catch (error) {
    if (error instanceof OpsError && error.code === 'environment-invalid') return undefined;
    throw error;
  }
}
