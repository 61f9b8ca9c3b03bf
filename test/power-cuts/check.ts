/**
 * Judges one state of a disk without booting it. There are two good ones: plainly not installed, which the same
 * unattended command takes without asking and no firmware starts, and whole. Everything else is a fault.
 */
import { environmentPath, parseBootEnvironment } from '../../src/boot/environment.ts';
import { diskMenuPath } from '../../src/boot/menus/menu.ts';
import type { DiskFacts } from '../../src/disk/facts.ts';
import { chooseDisk } from '../../src/disk/select/select.ts';
import { decodeGpt } from '../../src/formats/partition-tables/gpt-decode.ts';
import { sha256Of } from '../../src/host/digest.ts';
import type { Host } from '../../src/host/ports.ts';
import { manifestPath, parseManifest } from '../../src/media/manifest.ts';
import { type BootView, halfBootable, readBootView } from './views/boot-view.ts';
import { grubDigest, grubText } from './views/grub-view.ts';
import { initrdVerdict } from './views/initrd-view.ts';
import { forE2fsprogs, kernelPartitions, probeImage } from './views/machine-view.ts';

/** A whole installation, as far as two of them can be compared. */
export interface Installed {
  readonly boot: BootView;
  /** Of what the manifest does not list: manifest, menu, configuration. Digests as GRUB reads them. */
  readonly others: Readonly<Record<string, string | undefined>>;
}

export interface Judgement {
  readonly state: 'not installed' | 'whole' | 'neither';
  /** What opsctl and the initrd call it. */
  readonly content: DiskFacts['content'];
  readonly verdict: string;
  readonly faults: readonly string[];
}

/** What a command says of the disk; with neither, only a disk without data is taken. */
export interface SameCommand {
  readonly device?: string;
}

/** `known` are installations that this disk may hold whole: the one from before, the one that was being made. */
export async function judgeImage(
  host: Host,
  image: string,
  known: readonly Installed[],
  command: SameCommand,
): Promise<Judgement> {
  const partitions = await kernelPartitions(host, image);
  const [disk, initrd] = await Promise.all([probeImage(host, image), initrdVerdict(host, image, partitions)]);
  const { content } = disk;
  const verdict = initrd.word;
  if (content === 'bhojpur' && verdict === 'valid') {
    const { faults, installed } = await inspect(host, image);
    if (!known.some((one) => JSON.stringify(one) === JSON.stringify(installed)))
      faults.push('it is another installation than those that can be there');
    return { state: faults.length === 0 ? 'whole' : 'neither', content, verdict, faults };
  }
  const faults: string[] = [];
  if (content === 'damaged' || content === 'bhojpur')
    faults.push(`opsctl calls it ${content}: ${disk.contentSummary}`);
  if (verdict !== 'none' && verdict !== 'unfinished')
    faults.push(`the initrd calls it ${verdict}: ${initrd.why}`);
  try {
    chooseDisk({ disks: [disk] }, command.device, { silent: true, wipe: false });
  } catch (error) {
    faults.push(`the same command does not take it: ${error}`);
  }
  faults.push(...(await startable(host, image, partitions.length > 0, known)));
  return { state: faults.length === 0 ? 'not installed' : 'neither', content, verdict, faults };
}

/** What a firmware or GRUB would make of a disk that is not installed. */
async function startable(
  host: Host,
  image: string,
  hasTable: boolean,
  known: readonly Installed[],
): Promise<string[]> {
  const view = await readBootView(host, image);
  const each = known.map(({ boot }) => halfBootable(view, boot));
  const faults = each.some((one) => one.length === 0) ? [] : (each[0] ?? []);
  const environment = hasTable ? await grubText(host, image, 2, environmentPath) : undefined;
  if (environment !== undefined && /^bos_mark=valid$/m.test(environment))
    return [...faults, 'GRUB reads the valid mark'];
  return faults;
}

/** Everything that a whole installation must have, and what it is. Throws when there is no manifest to go by. */
export async function inspect(
  host: Host,
  image: string,
): Promise<{ readonly faults: string[]; readonly installed: Installed }> {
  const faults: string[] = [];
  const [, esp, state] = await kernelPartitions(host, image);
  if (esp === undefined || state === undefined) throw new Error('there are no partitions');
  const file = await host.files.open(image, 'r');
  const table = await decodeGpt(file, 512).finally(() => file.close());
  faults.push(...(table?.faults ?? []));

  const folder = await host.files.makeTempDir('bos-inspect-');
  try {
    const fsck = async (tool: string, ...args: string[]) => {
      const { exitCode, stdout } = await host.processes.run(tool, args, { okCodes: [0, 1, 2, 3, 4, 8, 12] });
      if (exitCode !== 0) faults.push(`${tool}: ${stdout.trim().split('\n').slice(-4).join('; ')}`);
    };
    await fsck('e2fsck', '-fn', forE2fsprogs(image, state));
    const copy = `${folder}/esp`;
    const bytes = ['bs=1M', 'iflag=skip_bytes,count_bytes', `skip=${esp.start}`, `count=${esp.size}`];
    await host.processes.run('dd', [`if=${image}`, `of=${copy}`, ...bytes, 'conv=sparse', 'status=none']);
    await fsck('fsck.fat', '-n', copy);

    const text = (await grubText(host, image, 3, manifestPath)) ?? '';
    const manifest = parseManifest(text, 'the manifest as GRUB reads it');
    for (const { path, sha256 } of manifest.files)
      if ((await grubDigest(host, image, 3, path, `${folder}/copy`)) !== sha256)
        faults.push(`${path} is not whole as GRUB reads it`);
    const environment = (await grubText(host, image, 2, environmentPath)) ?? '';
    const { mark, stateUuid, kernel, os } = parseBootEnvironment(Buffer.from(environment));
    if (mark !== 'valid') faults.push(`GRUB reads the mark ${mark}`);
    if (kernel !== manifest.kernel || os !== manifest.os) faults.push('GRUB would boot another version');
    const others: Record<string, string | undefined> = { stateUuid, [manifestPath]: sha256Of(text) };
    for (const path of [diskMenuPath, 'bos/system/config.yaml'])
      others[path] = await grubDigest(host, image, 3, path, `${folder}/copy`);
    return { faults, installed: { boot: await readBootView(host, image), others } };
  } finally {
    await host.files.remove(folder);
  }
}
