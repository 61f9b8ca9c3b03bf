/** Plans for real block devices of this machine, as the tests carry them out: loop devices over files. */
import { probeMachine } from '../../../src/disk/probe/probe.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { readMedium } from '../../../src/install/medium/live.ts';
import { checkFileSystem, selectPartition } from '../../../src/install/partition/check.ts';
import { planInstall } from '../../../src/install/plan.ts';
import { request } from '../fixtures.ts';
import { assets } from '../medium/small-medium.ts';

const host = linuxHost();

const everyInstall = ['losetup', 'mkfs.fat', 'mkfs.ext4', 'mcopy', 'partx', 'debugfs'];

/** Why there is no real disk to install to; undefined when there can be one and `tools` are there, too. */
export async function whyNoLoopDisk(tools: readonly string[]): Promise<string | undefined> {
  const { files, processes, system } = host;
  if (system.uid !== 0) return 'not root';
  if (!(await files.exists('/dev/loop-control'))) return 'no loop devices';
  if (!/\text4$/m.test(await files.readText('/proc/filesystems'))) return 'no ext4 in this kernel';
  for (const tool of [...everyInstall, ...tools])
    if ((await processes.which(tool)) === undefined) return `no ${tool}`;
  return undefined;
}

/** What a plan takes from the medium below `folder`, and where its target is mounted. */
export async function planSources(folder: string, config: string) {
  const { manifest, text } = await readMedium(host, `${folder}/medium`);
  return {
    mediumRoot: `${folder}/medium`,
    manifest,
    manifestText: text,
    config: { size: config.length, sha256: sha256Of(config) },
    assets: await assets(folder),
    // Others may install on this machine at the same time.
    mountAt: `${folder}/target`,
  };
}

/** What installs to a partition that is there, by BIOS, from the medium below `folder`, which is mounted there too. */
export async function planForPartition(folder: string, partition: string, config: string) {
  const seen = await probeMachine(host, { loops: true });
  // Other tests make and remove loop devices of their own meanwhile.
  const disks = seen.disks.filter(({ partitions }) => partitions.some(({ path }) => path === partition));
  const facts = { ...seen, disks, firmware: 'bios' as const };
  const sources = await planSources(folder, config);
  const { manifest } = sources;
  const asked = request({ device: partition, noFormat: true });
  const selected = await selectPartition(host, asked, facts);
  const existing = { ...selected, ...(await checkFileSystem(host, selected, manifest)) };
  const plan = planInstall({ ...sources, request: asked, facts, disk: existing.disk, existing });
  return { plan, existing, manifest };
}
