/** What `--from` names: somebody's own operating system, as an image in a registry, an archive of one, or a folder. */
import { usage } from '../../errors.ts';
import type { Files } from '../../host/ports.ts';
import { notThere } from '../../host/system-error.ts';
import { archivePlace, isOciPlace, parseReference, type Reference } from '../../oci/reference.ts';

export type OwnPlace =
  | { readonly kind: 'registry'; readonly reference: Reference }
  /** An image layout, or what `docker save` writes, in a tar archive. */
  | { readonly kind: 'archive'; readonly path: string }
  /** An image layout. */
  | { readonly kind: 'layout'; readonly path: string }
  /** A root file system. */
  | { readonly kind: 'root'; readonly path: string };

const dockerArchive = /^docker-archive:/;

/** True for what is not a path as it stands. */
export const hasScheme = (text: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(text);

/** Throws OpsError: `oci-reference`, `from-unknown` (usage), `from-missing` (refused). Links are followed. */
export async function ownPlace({ files }: { readonly files: Files }, text: string): Promise<OwnPlace> {
  if (isOciPlace(text)) return { kind: 'registry', reference: parseReference(text) };
  const named = archivePlace(text) ?? (dockerArchive.test(text) ? text.replace(dockerArchive, '') : text);
  if (hasScheme(named))
    throw usage('from-unknown', `--from: "${text}" is not an image or a folder`, {
      hint: 'Name an image as oci:REGISTRY/REPOSITORY:TAG, an archive of one as oci-archive:FILE or docker-archive:FILE, or a folder with a root file system.',
    });
  const path = await files.realPath(named).catch(() => named);
  const type = (await files.stat(path))?.type;
  if (type === 'file') return { kind: 'archive', path };
  if (type === 'directory')
    return { kind: (await files.exists(`${path}/oci-layout`)) ? 'layout' : 'root', path };
  throw notThere(
    'from-missing',
    `--from: ${named}`,
    'Check the path. An image in a registry is named as oci:REGISTRY/REPOSITORY:TAG.',
  );
}
