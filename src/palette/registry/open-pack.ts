/** A pack that a person names, a folder or an archive, ready to be pushed: checked, and packed where it is a folder. */
import { basename } from 'node:path';
import { refused, usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { cannotRead } from '../../host/system-error.ts';
import type { PackContent } from '../pack/pack-content.ts';
import { NotAPack, readPackFolder } from '../pack/read-folder.ts';
import { type Validation, validatePack } from '../pack/validate.ts';
import type { BuiltArchive, PackName } from './build-archive.ts';
import { archiveTitle } from './build-archive.ts';
import { readPackArchive } from './read-archive.ts';

export interface OpenedPack {
  /** Absolute. */
  readonly path: string;
  readonly content: PackContent;
  readonly validation: Validation;
  /** Of an archive; undefined for a folder. */
  readonly archive: Pick<BuiltArchive, 'digest' | 'size'> | undefined;
}

/** By its name. */
export const isArchive = (path: string): boolean => /\.(?:tar\.gz|tgz)$/i.test(path);

/** Throws OpsError (refused) `pack-unreadable`, and what `readPackArchive` does. */
export async function openPack(host: Host, path: string, place: string): Promise<OpenedPack> {
  try {
    if (isArchive(path)) {
      const { content, ...archive } = await readPackArchive(host, path, place);
      return { path, content, validation: validatePack(content), archive };
    }
    const content = await readPackFolder(host.files, path, place);
    return { path, content, validation: validatePack(content), archive: undefined };
  } catch (cause) {
    const hint = 'Name the folder of a pack, or an archive that `opsctl pack build` made.';
    if (cause instanceof NotAPack)
      throw refused('pack-unreadable', `${place} ${cause.message}`, { cause, hint });
    if (typeof (cause as { errno?: unknown }).errno === 'number')
      throw cannotRead('pack-unreadable', place, cause, hint);
    throw cause;
  }
}

/** Name and version of a pack without errors. */
export function nameOf({ validation }: OpenedPack): PackName {
  const { name, version } = validation;
  if (name === undefined || version === undefined) throw new Error('a pack without a name was not refused');
  return { name, version };
}

/** An archive as it is pushed. Throws OpsError (usage) `pack-title` for one whose name says something else. */
export function existingArchive(
  pack: OpenedPack,
  archive: Pick<BuiltArchive, 'digest' | 'size'>,
): BuiltArchive {
  const title = archiveTitle(nameOf(pack));
  const named = basename(pack.path);
  if (named === title) return { path: pack.path, title, ...archive };
  throw usage('pack-title', `${named} holds ${title.replace(/\.tar\.gz$/, '')}`, {
    hint: `Rename it to ${title}, or push the folder.`,
  });
}
