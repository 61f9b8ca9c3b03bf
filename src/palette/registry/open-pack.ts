/** A pack that a person names, a folder or an archive, ready to be pushed: checked, and packed where it is a folder. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { rangeBytes } from '../../build/archive.ts';
import { refused, usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { whyNamed } from '../../host/system-error.ts';
import type { PackContent } from '../pack/pack-content.ts';
import { NotAPack, readPackFolder } from '../pack/read-folder.ts';
import { type Validation, validatePack } from '../pack/validate.ts';
import type { BuiltArchive, PackName } from './build-archive.ts';
import { archiveTitle } from './build-archive.ts';
import { readPackArchive } from './read-archive.ts';

export interface OpenedPack {
  readonly kind: 'folder' | 'archive';
  /** Absolute. */
  readonly path: string;
  readonly content: PackContent;
  readonly validation: Validation;
}

/** Throws OpsError (refused) `pack-unreadable`, and what `readPackArchive` does. */
export async function openPack(host: Host, path: string, place: string): Promise<OpenedPack> {
  const kind = /\.(?:tar\.gz|tgz)$/i.test(path) ? 'archive' : 'folder';
  try {
    const content =
      kind === 'archive'
        ? await readPackArchive(host, path, place)
        : await readPackFolder(host.files, path, place);
    return { kind, path, content, validation: validatePack(content) };
  } catch (cause) {
    if (cause instanceof NotAPack || typeof (cause as { errno?: unknown }).errno === 'number') {
      const why = cause instanceof NotAPack ? cause.message : `cannot be read: ${whyNamed(cause)}`;
      throw refused('pack-unreadable', `${place} ${why}`, {
        cause,
        hint: 'Name the folder of a pack, or an archive that `opsctl pack build` made.',
      });
    }
    throw cause;
  }
}

/** Name and version of a pack without errors. */
export function nameOf({ validation }: OpenedPack): PackName {
  const { name, version } = validation;
  if (name === undefined || version === undefined) throw new Error('a pack without a name was not refused');
  return { name, version };
}

/** An archive as it is, with its digest. Throws OpsError (usage) `pack-title` for one whose name says something else. */
export async function existingArchive({ files }: Host, pack: OpenedPack): Promise<BuiltArchive> {
  const title = archiveTitle(nameOf(pack));
  const named = basename(pack.path);
  if (named !== title)
    throw usage('pack-title', `${named} holds ${title.replace(/\.tar\.gz$/, '')}`, {
      hint: `Rename it to ${title}, or push the folder.`,
    });
  const file = await files.open(pack.path, 'r');
  try {
    const hash = createHash('sha256');
    for await (const piece of rangeBytes(file, 0, file.size)) hash.update(piece);
    return { path: pack.path, title, digest: `sha256:${hash.digest('hex')}`, size: file.size };
  } finally {
    await file.close();
  }
}
