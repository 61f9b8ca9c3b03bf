/**
 * Where the boot loader of a running node lies: what the installer would choose for its state file system, less what
 * another system has taken since. Reads only.
 */
import { corePrefixes, readCore } from '../../boot/core-prefix.ts';
import type { MachineFacts } from '../../disk/facts.ts';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import type { BiosPlace } from '../../install/partition/bios-gap.ts';
import { bootPlaces, type DiskBootFacts } from '../../install/partition/boot.ts';
import { allPartitions, type ChosenPartition } from '../../install/partition/choose.ts';
import type { LoaderTarget } from '../../install/partition/loaders.ts';
import { lookAtBoot, reading } from '../../install/partition/probe-boot.ts';

export interface LoaderPlaces {
  readonly target: LoaderTarget;
  /** By path of the disk: the sector of the core image that starts now. */
  readonly booted: ReadonlyMap<string, number>;
  /** What is not touched, and why: sentences without a full stop. */
  readonly left: readonly string[];
}

/**
 * `state` is the device of the state file system. Only places where our loader lies now are returned: nothing is taken
 * from another system that came later. Throws `state-missing` (refused) when the machine does not show that device.
 */
export async function loaderPlaces(host: Host, facts: MachineFacts, state: string): Promise<LoaderPlaces> {
  const chosen = await partitionAt(host, facts, state);
  const boot = await lookAtBoot(host, facts, chosen);
  const { style, efi, bios } = bootPlaces(facts, chosen, boot, { forceEfi: false });
  const left: string[] = [];
  const ownBios: BiosPlace[] = [];
  const booted = new Map<string, number>();
  for (const place of bios) {
    const { path } = place.disk;
    const core = boot.get(path)?.bootedCore;
    const reason = await whyNotOurs(host, path, style);
    if (core !== undefined && reason === undefined) {
      booted.set(path, core);
      ownBios.push(place);
    } else left.push(`the boot sector of ${path}, since ${reason ?? 'nothing of GRUB starts from it'}`);
  }
  const ownEfi = efi.filter(({ partition: { path } }) => {
    if (style === 'ours' || isRedirected(boot)) return true;
    left.push(`the EFI system partition ${path}, since it does not lead to this installation`);
    return false;
  });
  const { partition, volume } = chosen;
  return {
    target: {
      ...{ partition, places: { style, efi: ownEfi, bios: ownBios, manualSteps: [] } },
      ...(volume === undefined ? {} : { volume }),
    },
    ...{ booted, left },
  };
}

const isRedirected = (boot: ReadonlyMap<string, DiskBootFacts>): boolean =>
  [...boot.values()].some(({ esp }) => esp?.redirect === 'ours');

/** It may be named by its UUID or by what udev has linked to it. */
async function partitionAt(
  host: Host,
  { disks }: Pick<MachineFacts, 'disks'>,
  state: string,
): Promise<ChosenPartition> {
  const real = await host.files.realPath(state).catch(() => state);
  const found = allPartitions(disks).find(
    ({ partition: { path }, volume }) =>
      [state, real].includes(path) || real === `/dev/${volume?.device.kernelName}`,
  );
  if (found !== undefined) return found;
  throw refused('state-missing', `The partition ${state}, which the system runs from, was not found`, {
    hint: '`sudo opsctl facts` lists the disks and partitions.',
  });
}

/** Another system's GRUB may have taken the boot sector of a disk that has both. */
async function whyNotOurs(host: Host, disk: string, style: 'ours' | 'guest'): Promise<string | undefined> {
  const core = await reading(host, disk, readCore);
  if ('problem' in core) return core.problem;
  const prefix = style === 'ours' ? corePrefixes.disk : corePrefixes.search;
  return core.image.includes(`${prefix}\0`) ? undefined : 'it starts the GRUB of another system';
}
