/** Files that an edit would not see. */
import { refused } from '../../errors.ts';
import type { Image } from '../image.ts';

/**
 * Some media show files by UDF alone, and by ISO 9660 a text that says so. Throws OpsError (refused) `iso-udf-only`.
 */
export async function refuseHidden({ udf, trees }: Image, name: string): Promise<void> {
  if (udf?.root === undefined || udf.root.length === 0) return;
  const shown = new Set<string>();
  for (const tree of trees) for (const { path } of await tree.list('')) shown.add(path.toLowerCase());
  const hidden = udf.root.filter((entry) => !shown.has(entry.toLowerCase()));
  // Plain names of ISO 9660 may be shortened ones.
  const longNames = trees.some(({ rockRidge, volume }) => rockRidge || volume.kind === 'joliet');
  if (hidden.length === 0 || (!longNames && hidden.length < udf.root.length)) return;
  throw refused('iso-udf-only', `${name} shows files by UDF only, which opsctl does not change`, {
    details: [`only UDF has: ${hidden.slice(0, 8).join(', ')}`],
    hint: 'Make an image of the files with ISO 9660, for example with xorriso.',
  });
}
