/** The tree that xorriso takes the files of an image from, and paths of an edit as it knows them. */
import { refused } from '../../errors.ts';
import type { Tree } from '../../formats/iso9660/tree.ts';
import type { Image } from '../image.ts';

/** Rock Ridge's, else Joliet's, else the plain one. */
export const sourceTree = ({ iso, trees }: Image): Tree =>
  iso.rockRidge ? iso : (trees.find(({ volume }) => volume.kind === 'joliet') ?? iso);

/**
 * A path of the primary tree in the tree that xorriso reads: names without Rock Ridge are those of Joliet there. Parts
 * that are new stay as they are. Throws OpsError `iso-rebuild-names` (refused) for an entry that Joliet calls otherwise.
 */
export async function sourcePath(image: Image, path: string): Promise<string> {
  const tree = sourceTree(image);
  if (tree === image.iso) return path;
  const parts: string[] = [];
  let known = '';
  for (const part of path.split('/')) {
    known = known === '' ? part : `${known}/${part}`;
    const above = parts.join('/');
    const folder = (await tree.stat(above))?.type === 'directory' ? await tree.list(above) : [];
    const names = folder.map((entry) => entry.path.slice(above === '' ? 0 : above.length + 1));
    const found = names.find((name) => name.toLowerCase() === part.toLowerCase());
    if (found === undefined && (await image.iso.stat(known)) !== undefined)
      throw refused('iso-rebuild-names', `/${known} has another name in the Joliet tree of the image`, {
        details: [`/${above} has ${names.slice(0, 12).join(', ')}`],
        hint: 'If you gave --method, leave it out: changing the image in place keeps both names.',
      });
    parts.push(found ?? part);
  }
  return parts.join('/');
}
