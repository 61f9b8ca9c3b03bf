/**
 * Where a file may go at this moment: nowhere read-only, and nowhere a later mount would hide it. The kernel's own
 * file systems take a write only in place. Pure.
 */
import { isBelow, lateMount, readOnlyReason } from '../../../config/checks/file-places.ts';
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

/** `path` is absolute and free of links, `.` and `..`. */
export function placeOf(path: string, { phase, hasState, mounts }: PlaceFacts): Place {
  if (isBelow(path, '/proc') || isBelow(path, '/sys')) return { kind: 'in-place' };
  const readOnly = readOnlyReason(path);
  if (readOnly !== undefined) return { kind: 'read-only', why: readOnly };
  if (phase === 'initrd' && hasState) {
    const folder = stateFolders.find((candidate) => isBelow(path, candidate));
    if (folder !== undefined && !mounts.has(folder)) return { kind: 'later' };
  }
  const late = lateMount(path);
  const isDue = late !== undefined && (late.until === 'login' || phase !== 'runtime');
  if (isDue && !mounts.has(late.mount)) return { kind: 'hidden', why: late.why };
  return { kind: 'write' };
}
