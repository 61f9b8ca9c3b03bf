/** Reads one file of the configuration, and whatever is wrong with it as a diagnostic. */
import { join } from 'node:path';
import { errorCode, messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import type { LayerKind, Parsed } from '../config.ts';
import { emptyLayer } from '../config.ts';

/**
 * The content; undefined when there is no such file; an empty layer with an error for everything else that can be
 * wrong. Only regular files are opened: a pipe would hold up the boot for good. `limit` in bytes.
 */
export async function readSource(
  host: Host,
  root: string,
  path: string,
  limit: number,
  kind: LayerKind,
): Promise<Uint8Array | undefined | Parsed> {
  try {
    let target = join(root, path);
    let stat = await host.files.stat(target);
    if (stat?.type === 'symlink') {
      target = await host.files.realPath(target);
      stat = await host.files.stat(target);
    }
    if (stat === undefined) return undefined;
    if (stat.type === 'directory') return unreadable(path, kind, 'it is a folder');
    if (stat.type !== 'file') return unreadable(path, kind, 'it is not a regular file');
    if (stat.size > limit)
      return unreadable(path, kind, `it is ${stat.size} bytes long, but at most ${limit} are read`);
    return await host.files.read(target);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? undefined : unreadable(path, kind, reasonOf(error));
  }
}

export function unreadable(path: string, kind: LayerKind, reason: string): Parsed {
  const message = `cannot be read (${reason}); the other sources apply without it`;
  return { layer: emptyLayer(kind), diagnostics: [{ severity: 'error', place: { file: path }, message }] };
}

/** The boot reads as root; who asks later may not be, and should not take the rest for the whole. */
export const reasonOf = (error: unknown): string =>
  errorCode(error) === 'EACCES' ? 'permission denied: use sudo' : (errorCode(error) ?? messageOf(error));
