/** What there is on a disk that starts something: its boot code, and the EFI system partition. Reads only. */
import type { ArchitectureName } from '../../architectures.ts';
import { bootedCoreLba } from '../../boot/boot-sector.ts';
import { efiLoaders, fallbackFolder } from '../../boot/efi-loaders.ts';
import { espFolder, espRedirectTitle } from '../../boot/menus/partition-menu.ts';
import type { MachineFacts, PartitionFacts } from '../../disk/facts.ts';
import { readStateEnvironmentBlock } from '../../disk/probe/installation.ts';
import { OpsError } from '../../errors.ts';
import { probeFat } from '../../formats/filesystems/fat/boot-sector.ts';
import { readFatFile } from '../../formats/filesystems/fat/file.ts';
import { decodeMbr } from '../../formats/partition-tables/mbr.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import {
  asOnEachDisk,
  type DiskBootFacts,
  type EspFacts,
  findEsp,
  isOurLayout,
  redirectPathFor,
} from './boot.ts';
import type { ChosenPartition } from './choose.ts';

/** Looks at what `bootPlaces` decides by, on each disk of the choice; by the disk's path. */
export async function lookAtBoot(
  host: Host,
  facts: MachineFacts,
  chosen: ChosenPartition,
): Promise<ReadonlyMap<string, DiskBootFacts>> {
  const bootFacts = new Map<string, DiskBootFacts>();
  for (const onDisk of asOnEachDisk(chosen))
    bootFacts.set(onDisk.disk.path, await lookAtDisk(host, facts, onDisk));
  return bootFacts;
}

async function lookAtDisk(host: Host, facts: MachineFacts, chosen: ChosenPartition): Promise<DiskBootFacts> {
  const { disk } = chosen;
  const sector = await reading(host, disk.path, (file) => file.read(0, 512));
  const bootedCore = bootedCoreLba(sector);
  const esp = isOurLayout(chosen) ? undefined : findEsp(facts, chosen)?.partition;
  const stage = decodeMbr(sector);
  return {
    ...(esp === undefined
      ? {}
      : { esp: await lookAtEsp(host, facts.arch, esp, redirectPathFor(chosen), otherStates(facts, chosen)) }),
    ...(bootedCore === undefined ? {} : { bootedCore }),
    otherBootCode: stage?.hasBootCode === true && !(await isOurs(host, chosen)),
  };
}

/** What the boot code starts is an older installation on this very partition, as far as that can be known. */
async function isOurs(host: Host, { partition }: ChosenPartition): Promise<boolean> {
  return 'found' in (await readStateEnvironmentBlock(host, partition.path));
}

/** UUIDs of the other file systems of this machine: what leads to one of them is not ours to change. */
const otherStates = ({ disks }: MachineFacts, { partition, volume }: ChosenPartition): string[] =>
  disks
    .flatMap((disk): readonly Seen[] => [...disk.partitions, ...disk.stacked])
    .flatMap(({ path, signature }) => (path === partition.path ? [] : [signature?.uuid ?? '']))
    // A member of a mirror may show what the mirror holds.
    .filter((uuid) => uuid !== '' && (volume === undefined || uuid !== partition.signature?.uuid));

type Seen = Pick<PartitionFacts, 'path' | 'signature'>;

async function lookAtEsp(
  host: Host,
  arch: ArchitectureName,
  { path }: PartitionFacts,
  redirectPath: string,
  others: readonly string[],
): Promise<EspFacts> {
  const loaders = efiLoaders(arch);
  const free = await freeOn(host, path);
  return reading(host, path, async (file): Promise<EspFacts> => {
    const unusable = { fat32: false, fallback: 'other', redirect: 'other', room: 0 } as const;
    if ((await probeFat(file))?.type !== 'fat32') return unusable;
    try {
      const redirect = await readFatFile(file, redirectPath);
      const redirectOwner = redirect === undefined ? 'free' : isRedirect(redirect, others) ? 'ours' : 'other';
      const fallback = await readFatFile(file, `${fallbackFolder}/${loaders.fallback}`);
      const shim = await readFatFile(file, `${espFolder}/${loaders.shim}`);
      const same = fallback !== undefined && shim !== undefined && Buffer.compare(fallback, shim) === 0;
      const fallbackOwner =
        fallback === undefined ? 'free' : same && redirectOwner === 'ours' ? 'ours' : 'other';
      return { fat32: true, fallback: fallbackOwner, redirect: redirectOwner, room: free };
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      return unusable;
    }
  });
}

function isRedirect(bytes: Uint8Array, others: readonly string[]): boolean {
  const text = Buffer.from(bytes).toString('utf8');
  return text.startsWith(espRedirectTitle) && !others.some((uuid) => text.includes(uuid));
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

/** Opens a device for `use`, and closes it whatever happens. */
export async function reading<T>(host: Host, path: string, use: (file: OpenFile) => Promise<T>): Promise<T> {
  const file = await host.files.open(path, 'r');
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
