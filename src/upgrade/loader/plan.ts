/**
 * The steps that bring the boot loader of a node to the version that runs: those of an installation onto partitions that
 * were there, less what is there already. The old loader starts until one sector of a disk, or one entry of a folder of
 * the EFI system partition, leads to the new one.
 */
import { bootSectorFaults, coreImageFaults } from '../../boot/boot-sector.ts';
import type { MachineFacts } from '../../disk/facts.ts';
import { readFatFile } from '../../formats/filesystems/fat/file.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import { assetOf, type BootAssets } from '../../install/medium/live.ts';
import { bootLoaders } from '../../install/partition/loaders.ts';
import { reading } from '../../install/partition/probe-boot.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Step } from '../../steps/index.ts';
import type { LoaderPlaces } from './places.ts';

/** Undefined: all of it is there. Reads only. `facts` are of this machine, `assets` of the system that runs. */
export async function planLoader(
  host: Host,
  facts: MachineFacts,
  assets: BootAssets,
  { target, booted, left }: LoaderPlaces,
): Promise<Plan<Step> | undefined> {
  const steps: Step[] = [];
  const current = await currentDisks(host, assets, { target, booted });
  for (const step of bootLoaders({ assets, facts }, target)) {
    if (step.kind === 'write-core' && !current.has(step.target)) steps.push(step);
    if (step.kind === 'write-boot-sector' && !current.has(step.disk)) steps.push(step);
    if (step.kind === 'update-boot-loader') {
      const files = await differing(host, step.partition, step.files);
      if (files.length > 0) steps.push({ ...step, files });
    }
  }
  if (steps.length === 0) return undefined;
  const kept = left.map((what, index): Step => ({ id: `left-${index + 1}`, kind: 'manual-steps', what }));
  const { path } = target.partition;
  return { v: 1, operation: 'upgrade', target: `the boot loader for ${path}`, steps: [...steps, ...kept] };
}

/** Disks whose boot sector and core image are those of the running system. */
async function currentDisks(
  host: Host,
  assets: BootAssets,
  { target: { places }, booted }: Pick<LoaderPlaces, 'target' | 'booted'>,
): Promise<ReadonlySet<string>> {
  const { style, bios } = places;
  const found = new Set<string>();
  if (bios.length === 0) return found;
  const read = (name: string) => host.files.read(assetOf(assets, name).path);
  const sector = await read('boot.img');
  const core = await read(style === 'guest' ? 'search.img' : 'core.img');
  for (const { disk } of bios) {
    const lba = booted.get(disk.path);
    if (lba === undefined) continue;
    const faults = await reading(host, disk.path, async (file) => [
      ...bootSectorFaults(await file.read(0, 512), sector, lba),
      ...coreImageFaults(await file.read(lba * 512, Math.ceil(core.length / 512) * 512), core, lba),
    ]);
    if (faults.length === 0) found.add(disk.path);
  }
  return found;
}

type EspFile = Extract<Step, { kind: 'update-boot-loader' }>['files'][number];

/** Loaders that are other ones there. What leads to the boot menu belongs to the installation and stays. */
async function differing(host: Host, partition: string, files: readonly EspFile[]): Promise<EspFile[]> {
  return reading(host, partition, async (file) => {
    const found: EspFile[] = [];
    for (const wanted of files) {
      if (wanted.content.from !== 'file') continue;
      const there = await readFatFile(file, wanted.path);
      if (there === undefined || sha256Of(there) !== wanted.content.sha256) found.push(wanted);
    }
    return found;
  });
}
