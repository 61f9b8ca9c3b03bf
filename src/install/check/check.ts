/** Everything that can fail cheaply, before anything is touched: the system, the medium, the disk, the config. */
import { architectures } from '../../architectures.ts';
import { boardKernel } from '../../boot/deployment.ts';
import { describeDisk } from '../../disk/describe.ts';
import type { DiskFacts, MachineFacts } from '../../disk/facts.ts';
import { wholeDiskLayout } from '../../disk/layout/layout.ts';
import { probeBootRecord } from '../../disk/probe/machine.ts';
import { chooseDisk, chooseVarDisk } from '../../disk/select/select.ts';
import { refused } from '../../errors.ts';
import { formatBytes } from '../../formats/size.ts';
import type { Host } from '../../host/ports.ts';
import { installedSize, type Manifest } from '../../media/manifest.ts';
import { isRemote } from '../../media/open-url.ts';
import { isOciPlace } from '../../oci/reference.ts';
import { type ChosenMedium, chooseMedium } from '../medium/choose.ts';
import { type BootAssets, readBootAssets, readPartitionAssets } from '../medium/live.ts';
import type { PartitionTarget } from '../partition/boot.ts';
import { checkFileSystem, refuseRepeated, selectPartition } from '../partition/check.ts';
import type { InstallRequest } from '../request.ts';
import { Faults } from './all-faults.ts';
import { type CheckedConfig, checkedConfig } from './checked-config.ts';
import { refuseBusy, refuseBusyDevice } from './device-busy.ts';
import type { FetchOptions } from './fetch-config.ts';
import { refuseRepeat } from './repeat.ts';

export interface Checked extends ChosenMedium {
  readonly disk: DiskFacts;
  /** For /var alone. */
  readonly varDisk?: DiskFacts;
  /** The partition on `disk` to install to as it is; undefined: the whole disk. */
  readonly existing?: PartitionTarget;
  readonly config: CheckedConfig;
  readonly assets: BootAssets;
}

/** What ext4 takes of a partition for itself (inode tables, at most), its journal, and room to start with. */
const fileSystemShare = 0.035;
const journalAndStart = 384 * 2 ** 20;

export interface CheckOptions extends FetchOptions {
  /** Where the parts of the boot loader lie; those of the running system when left out. */
  readonly bootFolder?: string;
}

/** Runs all checks; throws what they refuse, all of it at once. Reads only. */
export async function checkInstall(
  host: Host,
  request: InstallRequest,
  facts: MachineFacts,
  options: CheckOptions = {},
): Promise<Checked> {
  // Over another Linux the boot loader comes out of the medium.
  if (facts.system !== 'other' || options.bootFolder === undefined) requireLive(facts.system);
  requireRoot(host);
  for (const device of [request.device, request.varDevice])
    if (device !== undefined) await refuseBootDevice(host, device);
  if (request.noFormat) return checkPartition(host, request, facts, options);
  const faults = new Faults();
  const disks = await faults.of(async () => {
    const disk = selectedDisk(request, facts);
    const varDisk = selectedVarDisk(request, facts, disk);
    requireBootable(request, facts, disk);
    for (const target of [disk, varDisk.varDisk]) if (target !== undefined) await refuseBusy(host, target);
    return { disk, ...varDisk };
  });
  // Of what is installed already nothing else matters.
  if (disks !== undefined) await refuseRepeat(host, request, disks.disk);
  const medium = await mediumBeside(faults, host, request, facts, options);
  const assets = await faults.of(() => readBootAssets(host, options.bootFolder));
  if (disks !== undefined && medium !== undefined)
    await faults.of(async () => requireSpace(disks.disk, medium.manifest));
  const config = await faults.of(() => checkedConfig(host, request, { ...options, once: faults.any }));
  faults.throwAll();
  if (disks === undefined || medium === undefined || assets === undefined || config === undefined)
    throw new Error('a check that refused is not told');
  return { ...disks, ...medium, config, assets };
}

/** The same for a partition that is installed to as it is. */
async function checkPartition(
  host: Host,
  request: InstallRequest,
  facts: MachineFacts,
  options: CheckOptions,
): Promise<Checked> {
  const faults = new Faults();
  const selected = await faults.of(async () => {
    requireFirmware(request, facts);
    const found = await selectPartition(host, request, facts);
    await refuseBusyDevice(host, found.partition.path);
    return found;
  });
  if (selected !== undefined) await refuseRepeated(host, request, selected.partition.path);
  const medium = await mediumBeside(faults, host, request, facts, options);
  const assets = await faults.of(async () => ({
    ...(await readBootAssets(host, options.bootFolder)),
    ...(await readPartitionAssets(host, options.bootFolder)),
  }));
  const older = selected && (await faults.of(() => checkFileSystem(host, selected, medium?.manifest)));
  const config = await faults.of(() => checkedConfig(host, request, { ...options, once: faults.any }));
  faults.throwAll();
  if (!selected || !medium || !assets || !older || !config)
    throw new Error('a check that refused is not told');
  const existing = { ...selected, ...older };
  return { disk: existing.disk, existing, ...medium, config, assets };
}

/** A server that is slow to answer keeps nobody from reading what is wrong already. */
export const mediumBeside = (
  faults: Faults,
  ...given: Parameters<typeof chooseMedium>
): Promise<ChosenMedium | undefined> =>
  faults.any && [isRemote, isOciPlace].some((comes) => comes(given[1].isoUrl ?? ''))
    ? Promise.resolve(undefined)
    : faults.of(async () => {
        const medium = await chooseMedium(...given);
        requireOwnKernel(medium.manifest);
        return medium;
      });

/** Throws `medium-board` (refused) for the user space that goes over a board's own system. */
export function requireOwnKernel({ kernel, arch }: Manifest): void {
  if (kernel !== boardKernel) return;
  throw refused('medium-board', 'This is a rootfs tarball for boards: it has no kernel', {
    hint: `Use an ISO: bos-${arch}.iso. Over the system of a board: opsctl install --overlay.`,
  });
}

export function requireLive(system: MachineFacts['system']): void {
  if (system === 'live') return;
  const what =
    system === 'installed' ? 'This is an installed Bhojpur OS' : 'This machine does not run Bhojpur OS';
  throw refused('not-live', `${what}: installing works only in a live system`, {
    hint: 'Boot the Bhojpur OS ISO on the machine to install, and run opsctl install there.',
  });
}

export function requireRoot(host: Host): void {
  if (host.system.uid === 0) return;
  throw refused('not-root', 'Only root can write to disks', {
    hint: 'Run it with sudo: `sudo opsctl install`.',
  });
}

/**
 * Throws `device-is-medium` (refused) when `device` names what this system was started from. Facts know that of
 * disks; this knows it of an optical drive, which is no disk, and of a partition.
 */
export async function refuseBootDevice(host: Host, device: string): Promise<void> {
  const medium = (await probeBootRecord(host, { root: '' }))?.medium ?? '';
  if (medium === '' || (await realPathOf(host, device)) !== (await realPathOf(host, medium))) return;
  throw refused('device-is-medium', `${device} is the medium that this system was started from`, {
    hint: 'Name a disk to install to, such as /dev/vda. `sudo opsctl disks` lists the disks.',
  });
}

/** A device by its own name, whatever link of /dev/disk it was named by. */
const realPathOf = (host: Host, path: string) => host.files.realPath(path).catch(() => path);

export function selectedDisk(request: InstallRequest, facts: MachineFacts): DiskFacts {
  const choice = chooseDisk(facts, request.device, request);
  if ('disk' in choice) return choice.disk;
  const { device = 'to install to, and none was named' } = request;
  throw refused('device-ambiguous', `There are several disks ${device}`, {
    details: choice.choices.map(describeDisk),
    hint: `Name one, best by its link in /dev/disk/by-id: \`opsctl install DEVICE ${request.dryRun ? '--dry-run' : '--silent'}\`.`,
  });
}

export function selectedVarDisk(
  request: InstallRequest,
  facts: MachineFacts,
  main: DiskFacts,
): Pick<Checked, 'varDisk'> {
  if (request.varDevice === undefined) return {};
  return { varDisk: chooseVarDisk(facts, request.varDevice, main, request) };
}

/** Throws `firmware-other` (refused) where only UEFI starts a boot loader of ours, and something else started this machine. */
export function requireFirmware(
  { forceEfi }: Pick<InstallRequest, 'forceEfi'>,
  { arch, firmware }: Pick<MachineFacts, 'arch' | 'firmware'>,
): void {
  if (architectures[arch].bios || firmware === 'efi' || forceEfi) return;
  throw refused(
    'firmware-other',
    `This machine was not started by UEFI: Bhojpur OS for ${arch} would not start from its disks`,
    {
      hint: 'Boot it by UEFI, or use --force-efi if the disk is for a UEFI machine.',
    },
  );
}

export function requireBootable(request: InstallRequest, facts: MachineFacts, disk: DiskFacts): void {
  requireFirmware(request, facts);
  if (facts.firmware === 'efi' || request.forceEfi || disk.logicalSectorSize === 512) return;
  throw refused(
    'bios-sector-size',
    `${disk.path} has sectors of ${disk.logicalSectorSize} bytes: a BIOS, which started this machine, cannot boot it`,
    {
      hint: 'Switch the firmware to UEFI and boot again, or use --force-efi if the disk is for a UEFI machine.',
    },
  );
}

export function requireSpace(disk: DiskFacts, manifest: Manifest): void {
  const layout = wholeDiskLayout(disk.size, disk.logicalSectorSize);
  const state = layout.partitions[2].size;
  const needed = installedSize(manifest.files) + journalAndStart;
  const room = Math.floor(state * (1 - fileSystemShare));
  if (room >= needed) return;
  throw refused(
    'disk-too-small',
    `${disk.path} is too small: the system needs ${formatBytes(needed)}, there would be room for ${formatBytes(room)}`,
    { hint: 'Use a larger disk.' },
  );
}
