/** `opsctl image write`: an image, ours or another, to a stick, a card or a disk. */
import { dirname } from 'node:path/posix';
import { describeDisk } from '../../disk/describe.ts';
import type { DiskFacts, MachineFacts } from '../../disk/facts.ts';
import { chooseImageDisk, type ImageDiskOptions, isRemovable } from '../../disk/select/for-image.ts';
import { OpsError, refused } from '../../errors.ts';
import { withIoFaults } from '../../host/io-fault.ts';
import { type Lock, withLock } from '../../host/lock.ts';
import type { Host } from '../../host/ports.ts';
import { makeWorkFolder } from '../../host/work-folder.ts';
import { refuseBusyDevice } from '../../install/check/device-busy.ts';
import { requirePrograms } from '../../install/check/programs.ts';
import { requireNoOther } from '../../install/leftovers.ts';
import { mediumDoubt } from '../../install/medium/trust.ts';
import type { OpenOptions } from '../../media/open-url.ts';
import { withState, withTemporary } from '../../operation/outcome.ts';
import type { Emit } from '../../plan/events.ts';
import { execute } from '../../plan/execute.ts';
import type { Outcome } from '../../plan/outcome.ts';
import type { Plan } from '../../plan/plan.ts';
import { handlers, type Step } from '../../steps/index.ts';
import { doubtsOf, requireFit } from './fit.ts';
import { imageName, type LookedAt, lookAtImage } from './look.ts';
import { planWrite, workName } from './plan.ts';
import type { WriteRequest } from './request.ts';

export interface PreparedWrite {
  readonly plan: Plan<Step>;
  readonly image: LookedAt;
  readonly disk: DiskFacts;
  /** What may surprise, a sentence each. */
  readonly doubts: readonly string[];
}

export interface WriteOptions {
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly log?: (line: string) => void;
}

const outcome: Outcome = {
  destroyed:
    'What the disk held is lost, and it holds no partition table: it is empty for every machine. Run the same command to start over.',
  uncertain: 'The image may be complete on the disk, or not. Run the same command again.',
  leftBehind: 'Remove by hand what is listed here, then run the same command again.',
  stillInUse: 'The image is complete on the disk.',
};

/** What stands for nothing vouching for the image; undefined when something does. */
export const imageDoubt = ({ image, sha256 }: WriteRequest): string | undefined =>
  mediumDoubt({ isoUrl: image, isoSha256: sha256, publicKey: undefined });

/** Cards in a slot of the machine, which the kernel does not call removable. */
export async function cardsOf({ files }: Host, { disks }: Pick<MachineFacts, 'disks'>): Promise<string[]> {
  const cards: string[] = [];
  for (const { path } of disks) {
    const name = /^\/dev\/(mmcblk\d+)$/.exec(path)?.[1];
    if (name === undefined) continue;
    // Documentation/driver-api/mmc/mmc-dev-attrs.rst: a chip on the board is "MMC".
    const type = await files.readText(`/sys/class/block/${name}/device/type`).catch(() => '');
    if (type.trim() === 'SD') cards.push(path);
  }
  return cards;
}

/** The disk to write to. */
export interface ImageTarget {
  readonly disk: DiskFacts;
  /** Only force takes it. */
  readonly fixed: boolean;
}

/** The disk that is meant. Throws `device-ambiguous` (refused), and what choosing does. */
export function imageDisk(
  facts: Pick<MachineFacts, 'disks'>,
  { device }: Pick<WriteRequest, 'device'>,
  options: ImageDiskOptions,
): ImageTarget {
  const choice = chooseImageDisk(facts, device, options);
  if ('disk' in choice) return { disk: choice.disk, fixed: !isRemovable(choice.disk, options.cards) };
  throw refused('device-ambiguous', `${choice.choices.length} disks match ${device ?? ''}`.trimEnd(), {
    details: choice.choices.map(describeDisk),
    hint: 'Name one, best by its link in /dev/disk/by-id.',
  });
}

/**
 * Checks everything and plans; nothing is touched. Throws OpsError (refused): `image-unverified`, what looking at the
 * image does, `image-too-large`, `image-sector-size`, `image-on-disk`, `device-held`, `tool-missing`.
 */
export async function prepareWrite(
  given: Host,
  request: WriteRequest,
  { disk, fixed }: ImageTarget,
  options: OpenOptions,
): Promise<PreparedWrite> {
  const host = withIoFaults(given);
  const doubt = imageDoubt(request);
  if (doubt !== undefined && !request.insecure && !request.dryRun)
    throw refused('image-unverified', 'Nothing verifies the image', {
      details: [doubt],
      hint: 'Give --sha256, use an https URL, or accept it with --insecure.',
    });
  try {
    await refuseBusyDevice(host, disk.path);
    const image = await lookAtImage(host, request, options);
    await refuseOwnImage(host, image, disk);
    requireFit(image, disk);
    const plan = planWrite(image, disk);
    await requirePrograms(host, plan.steps);
    const doubts = [
      ...(fixed ? [`${disk.path} is a fixed disk of this machine, not a removable one.`] : []),
      ...doubtsOf(image, disk),
    ];
    return { plan, image, disk, doubts };
  } catch (error) {
    throw withState(error);
  }
}

/** The image is the disk, or the file that the disk is made of. */
async function refuseOwnImage({ files }: Host, { ref, name }: LookedAt, disk: DiskFacts): Promise<void> {
  if (ref.from !== 'file') return;
  const loop = /^\/dev\/(loop\d+)$/.exec(disk.path)?.[1];
  const backing =
    loop === undefined ? '' : await files.readText(`/sys/block/${loop}/loop/backing_file`).catch(() => '');
  const own = [disk.path, ...disk.partitions.map(({ path }) => path), backing.trim()];
  if (!own.includes(ref.path)) return;
  throw refused('image-on-disk', `${name} is on ${disk.path} itself`, { hint: 'Name another disk.' });
}

/** Writes what was prepared. Throws what executing throws; `write-running`, `install-running` (refused). */
export async function writeImageTo(
  host: Host,
  request: WriteRequest,
  { plan, disk }: PreparedWrite,
  { emit, signal, log }: WriteOptions,
): Promise<void> {
  const lock = lockOf(disk.path);
  await requireNoOther(host);
  await withLock(host, lock, async () => {
    const folder = await makeWorkFolder(host, 'image', dirname(lock.path));
    const temporary = {
      what: `${folder}, which holds a part of the image,`,
      remove: () => host.files.remove(folder),
      cleanupFailed: outcome.stillInUse,
    };
    await withTemporary(temporary, () =>
      execute(plan, handlers, {
        ...{ host, emit, signal, outcome },
        names: { [workName]: folder, [imageName]: request.image },
        roleOf: (path) => (path === disk.path ? 'the target' : undefined),
        ...(log === undefined ? {} : { log }),
      }),
    );
  }).catch((error: unknown) => {
    throw error instanceof OpsError && error.kind !== 'refused' ? error : withState(error);
  });
}

/** Two disks may be written at the same time. */
const lockOf = (disk: string): Lock => ({
  path: `/run/bos/image-write-${disk.replace(/\W+/g, '-')}.lock`,
  busy: (owner) =>
    refused('write-running', `Another process writes to ${disk} (${owner})`, {
      hint: 'Wait until it has ended.',
    }),
});
