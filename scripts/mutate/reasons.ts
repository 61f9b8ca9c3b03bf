/**
 * Why a mutation may survive. Kept in test/mutations/reasons.json by the text of the line and the change, not by its
 * number, so that a reason outlives lines that come before it and a file that moves.
 */
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

export interface Reason {
  readonly file: string;
  /** The line where it begins, without the blanks around it. */
  readonly source: string;
  /** `sync dropped: await file.sync(); → nothing`; all changes of the line when it is left out. */
  readonly change?: string;
  readonly reason: string;
}

export function readReasons(project: string): Reason[] {
  const path = `${project}/test/mutations/reasons.json`;
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Reason[]) : [];
}

export function reasonFor(
  reasons: readonly Reason[],
  survivor: { readonly file: string; readonly source: string; readonly change: string },
): string | undefined {
  const fitting = reasons.filter(
    ({ source, change }) => source === survivor.source && (change ?? survivor.change) === survivor.change,
  );
  const name = posix.basename(survivor.file);
  return (
    fitting.find(({ file }) => file === survivor.file) ??
    fitting.find(({ file }) => posix.basename(file) === name)
  )?.reason;
}
