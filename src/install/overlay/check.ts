/** Whether an overlay can go on what was found: pure, each refusal with its reason; nothing has been changed then. */
import { refused } from '../../errors.ts';
import { formatBytes } from '../../formats/size.ts';
import { installedSize } from '../../media/manifest.ts';
import { Faults } from '../check/all-faults.ts';
import { startsOnce } from './boot-config.ts';
import type { OverlayFacts } from './facts.ts';
import type { Tarball } from './tarball.ts';

/** Beside the system: what the first boot writes. */
const roomToStart = 64 * 2 ** 20;

/** Throws what refuses it, all at once: `overlay-…`. */
export function checkOverlay(facts: OverlayFacts, tarball: Tarball): void {
  const faults = new Faults();
  const linux = faults.now(() => requireLinux(facts)) !== undefined;
  if (linux) {
    faults.now(() => requireArchitecture(facts, tarball));
    faults.now(() => requireNew(facts));
    faults.now(() => requireCommandLine(facts));
  }
  faults.now(() => requireRoom(facts, tarball));
  faults.throwAll();
}

/** In words: `/mnt/card (Debian GNU/Linux 12)`. */
export function shownTarget({ target, name }: OverlayFacts): string {
  const place =
    target.kind === 'image' && target.partition > 0
      ? `${target.path}, partition ${target.partition}`
      : target.path;
  return name === '' ? place : `${place} (${name})`;
}

function requireLinux(facts: OverlayFacts): true {
  if (facts.linux) return true;
  throw refused('overlay-not-linux', `${shownTarget(facts)} is not the root file system of a Linux`, {
    details: facts.init.kind === 'missing' ? ['found: no /sbin/init'] : [],
    hint: 'Name the folder where the root partition is mounted, or an image of a board.',
  });
}

function requireArchitecture(facts: OverlayFacts, { manifest }: Tarball): void {
  if (facts.arch === manifest.arch) return;
  throw refused(
    'overlay-architecture',
    `The tarball is for ${manifest.arch}, but the programs of ${shownTarget(facts)} are for ${facts.machine || 'an unknown machine'}`,
    {
      hint:
        facts.arch === undefined
          ? 'Bhojpur OS is there for amd64, arm64 and arm (armv7).'
          : `Use bos-rootfs-${facts.arch}.tar.gz.`,
    },
  );
}

function requireNew({ bos, target, init }: OverlayFacts): void {
  if (bos === 'complete' || init.kind === 'ours')
    throw refused('overlay-there', `${target.path} has Bhojpur OS over it already`, {
      hint: `To upgrade it, start it and run \`opsctl upgrade --rootfs\`. To take it away: \`opsctl overlay remove ${target.path}\`.`,
    });
  if (bos === 'foreign')
    throw refused('overlay-path', `${target.path} has a folder /bos that is not from Bhojpur OS`, {
      hint: 'Rename it.',
    });
}

/** Without it nobody knows whether /sbin/init is started at all. */
function requireCommandLine({ bootConfigs }: OverlayFacts): void {
  const readable = bootConfigs.filter(({ fault, lines }) => fault === undefined && lines.length > 0);
  if (readable.length === 0)
    throw refused('overlay-command-line', 'No kernel command line was found', {
      details: bootConfigs.map(({ path, fault }) => `${path}: ${fault ?? 'has no kernel arguments'}`),
      hint: 'Name the folder of the boot partition with --boot, or say what the boot loader passes with --cmdline.',
    });
  const other = readable.find(({ init }) => init !== '' && init !== '/sbin/init' && !startsOnce(init));
  if (other !== undefined)
    throw refused('overlay-init', `${other.path} starts ${other.init} instead of /sbin/init`, {
      hint: `Remove init=${other.init} from it.`,
    });
}

function requireRoom({ free, target }: OverlayFacts, { manifest, programs }: Tarball): void {
  const needed = installedSize([...manifest.files, ...programs]) + roomToStart;
  if (free >= needed) return;
  throw refused(
    'overlay-room',
    `${target.path} has too little free space: ${formatBytes(needed)} are needed, but ${formatBytes(free)} are free`,
    {
      hint:
        target.kind === 'image'
          ? 'Make the image and its root partition larger first: truncate, sfdisk --no-reread, resize2fs.'
          : 'Delete something, or make the file system larger.',
    },
  );
}

/** What a person should know before the yes. */
export function overlayNotes({ bootConfigs }: OverlayFacts): string[] {
  return bootConfigs.flatMap(({ path, readOnly, init }) => [
    ...(readOnly
      ? [`${path} mounts the root read-only (ro): Bhojpur OS makes it writable when it starts`]
      : []),
    ...(startsOnce(init)
      ? [`${path} starts ${init} the first time; Bhojpur OS starts when that has restarted the board`]
      : []),
  ]);
}
