/**
 * Where a file may go at this moment: nowhere read-only, and nowhere a later mount would hide it. The kernel's own
 * file systems take a write only in place. Pure.
 */
import type { RunPhase } from '../applier.ts';

export interface PlaceFacts {
  readonly phase: RunPhase;
  /** This system has a BOS_STATE: /home, /var and /opt become mounts between the initrd and the boot phase. */
  readonly hasState: boolean;
  readonly mounts: ReadonlySet<string>;
}

export type Place =
  | { readonly kind: 'write' }
  /** Through the file that is there: it cannot be replaced. */
  | { readonly kind: 'in-place' }
  /** In the boot phase, which the same process comes to in a moment. */
  | { readonly kind: 'later' }
  | { readonly kind: 'read-only' | 'hidden'; readonly why: string };

const stateFolders = ['/home', '/var', '/opt'] as const;

/** What systemd itself mounts when it starts; the units for /dev/hugepages and /dev/mqueue are off. */
const earlyMounts = ['/dev/shm', '/run/lock'] as const;

/** `path` is absolute and free of links, `.` and `..`. */
export function placeOf(path: string, { phase, hasState, mounts }: PlaceFacts): Place {
  if (isBelow(path, '/proc') || isBelow(path, '/sys')) return { kind: 'in-place' };
  if (isBelow(path, '/usr'))
    return { kind: 'read-only', why: `/usr is read-only: write ${besideUsr(path)} instead` };
  if (isBelow(path, '/bos')) {
    const instead =
      path === '/bos/system/config.yaml' ? '/var/lib/bhojpur/os/config.yaml' : 'below /usr/local or /opt';
    return { kind: 'read-only', why: `/bos is read-only: write ${instead} instead` };
  }
  if (phase === 'initrd' && hasState) {
    const folder = stateFolders.find((candidate) => isBelow(path, candidate));
    if (folder !== undefined && !mounts.has(folder)) return { kind: 'later' };
  }
  const mount = phase === 'runtime' ? undefined : earlyMounts.find((candidate) => isBelow(path, candidate));
  if (mount !== undefined && !mounts.has(mount)) {
    const why = `${mount} is mounted when systemd starts, which would hide the file: write it below /run instead`;
    return { kind: 'hidden', why };
  }
  const userFolder = /^\/run\/user\/[^/]+/.exec(path)?.[0];
  if (userFolder !== undefined && !mounts.has(userFolder)) {
    const why = `${userFolder} is mounted when its user logs in, which would hide the file: write it below /home or /run instead`;
    return { kind: 'hidden', why };
  }
  return { kind: 'write' };
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** The place that programs look at as well, and before the one below /usr. */
function besideUsr(path: string): string {
  const [, program] = /^\/usr\/(s?bin\/.+)$/.exec(path) ?? [];
  if (program !== undefined) return `/usr/local/${program}`;
  const [, setting] = /^\/usr\/lib\/(systemd\/(?:system|user)\/.+|[a-z-]+\.d\/.+)$/.exec(path) ?? [];
  return setting === undefined ? 'below /usr/local or /opt' : `/etc/${setting}`;
}
