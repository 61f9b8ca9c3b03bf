/**
 * Judges one state of the disk of a node that was being upgraded or taken back: the boot loader names a deployment that
 * is whole as GRUB reads it, so is the one that it goes back to, and what is no part of the system is as it was.
 */
import { type Deployment, deploymentIn, deploymentText, foldersOf } from '../../src/boot/deployment.ts';
import { environmentPath, parseBootEnvironment, renderBootEnvironment } from '../../src/boot/environment.ts';
import { diskMenuPath } from '../../src/boot/menus/menu.ts';
import { triesOf, triesVariable } from '../../src/boot/trial.ts';
import { messageOf } from '../../src/errors.ts';
import { parseEnvironmentBlock } from '../../src/formats/boot-config/grubenv.ts';
import type { Host } from '../../src/host/ports.ts';
import { type ManifestFile, manifestPath, parseManifest } from '../../src/media/manifest.ts';
import { filesOf } from '../../src/upgrade/node.ts';
import { grubDigest, grubText } from './views/grub-view.ts';
import { initrdVerdict } from './views/initrd-view.ts';
import { forE2fsprogs, kernelPartitions } from './views/machine-view.ts';

/** What can be on the disk. */
export interface KnownNode {
  /** Of every deployment, as they were on its medium. */
  readonly files: readonly ManifestFile[];
  /** Path on the state file system and content of what the machine's owner has there. */
  readonly data: readonly { readonly path: string; readonly text: string }[];
}

export interface NodeJudgement {
  /** The version that starts next. */
  readonly starts: string;
  readonly faults: readonly string[];
}

/** `image` is not changed. */
export async function judgeNode(host: Host, image: string, known: KnownNode): Promise<NodeJudgement> {
  const folder = await host.files.makeTempDir('bos-node-');
  try {
    return await judged(host, image, known, folder);
  } finally {
    await host.files.remove(folder);
  }
}

async function judged(host: Host, image: string, known: KnownNode, folder: string): Promise<NodeJudgement> {
  const faults: string[] = [];
  const block = await grubText(host, image, 2, environmentPath);
  if (block === undefined) return { starts: '', faults: [...faults, 'GRUB reads no boot environment'] };
  const environment = parseBootEnvironment(Buffer.from(block));
  if (environment.mark !== 'valid') faults.push(`GRUB reads the mark ${environment.mark}`);
  const variables = parseEnvironmentBlock(renderBootEnvironment(environment));
  const { kernel, os, dcp } = environment;
  const current = { kernel, os, dcp };
  const previous = deploymentIn(variables, 'previous');
  const tries = triesOf(variables.get(triesVariable));
  if (tries.length > 0 && previous === undefined) faults.push('on trial with nothing to go back to');
  for (const one of previous === undefined ? [current] : [current, previous])
    faults.push(...(await notWhole(host, image, one, known, `${folder}/copy`)));
  if (!/bos_tries/.test((await grubText(host, image, 3, diskMenuPath)) ?? ''))
    faults.push('the boot menu does not count');
  faults.push(...(await afterTheJournal(host, image, current, known, folder)));
  return { starts: os, faults };
}

/** Of the deployment what GRUB, without the journal, does not read as it was on its medium. */
async function notWhole(
  host: Host,
  image: string,
  deployment: Deployment,
  { files }: KnownNode,
  copy: string,
): Promise<string[]> {
  const faults: string[] = [];
  for (const folder of foldersOf(deployment)) {
    const wanted = files.filter(({ path }) => path.startsWith(`${folder}/`));
    if (wanted.length === 0) faults.push(`nobody knows ${folder} of ${deploymentText(deployment)}`);
    for (const { path, sha256 } of wanted)
      if ((await grubDigest(host, image, 3, path, copy)) !== sha256)
        faults.push(`${path} is not whole as GRUB reads it`);
  }
  return faults;
}

/** As the kernel mounts it: with the journal replayed it is clean, and all data is there. */
async function afterTheJournal(
  host: Host,
  image: string,
  current: Deployment,
  known: KnownNode,
  folder: string,
): Promise<string[]> {
  const partitions = await kernelPartitions(host, image);
  const [, , state] = partitions;
  if (state === undefined) return ['there is no state partition'];
  const copy = `${folder}/disk`;
  await host.processes.run('cp', ['--sparse=always', image, copy]);
  const device = forE2fsprogs(copy, state);
  const anyCode = { okCodes: [0, 1, 2, 3, 4, 8, 12] };
  await host.processes.run('e2fsck', ['-E', 'journal_only', '-p', device], anyCode);
  const { exitCode, stdout } = await host.processes.run('e2fsck', ['-fn', device], anyCode);
  const faults = exitCode === 0 ? [] : [`e2fsck: ${stdout.trim().split('\n').slice(-4).join('; ')}`];
  const initrd = await initrdVerdict(host, copy, partitions);
  if (initrd.word !== 'valid') faults.push(`the initrd calls it ${initrd.word}: ${initrd.why}`);
  const content = async (path: string) =>
    (await host.processes.run('debugfs', ['-R', `cat "/${path}"`, device])).stdout;
  for (const { path, text } of known.data)
    if ((await content(path)) !== text) faults.push(`${path} is not what it was`);
  try {
    const { files } = parseManifest(await content(manifestPath), manifestPath);
    if (filesOf(files, [current]).length === 0) faults.push('the manifest does not list what starts');
  } catch (error) {
    faults.push(messageOf(error));
  }
  return faults;
}
