/**
 * An ISO 9660 image: its descriptors and its trees (ISO 9660 with Rock Ridge, Joliet, ISO 9660:1999). What boots it
 * is in el-torito.ts and hybrid.ts, what of it is in use in layout.ts.
 */
import type { ByteSource } from '../bytes.ts';
import { type Descriptors, readDescriptors, requireComplete, type TreeKind } from './descriptors.ts';
import { openTree, type Tree } from './tree.ts';

export type { IsoEntry, IsoFolder, Tree } from './tree.ts';

export interface Iso extends Tree {
  /** Without the padding: `BOS`. */
  readonly volumeId: string;
  /** What the image says of itself, in bytes; the source may be longer, not shorter. */
  readonly size: number;
  readonly descriptors: Descriptors;
  /** Another of its trees; undefined when it has none of that kind. */
  tree(kind: TreeKind): Promise<Tree | undefined>;
}

export interface OpenIsoOptions {
  /** Reads as far as it goes what ends too early, where otherwise `iso-truncated` is thrown. */
  readonly allowTruncated?: boolean;
}

/**
 * Reads the volume descriptors and gives the primary tree. Throws OpsError (refused) `iso-invalid` when it is no ISO
 * 9660 image or damaged, `iso-truncated` when it is shorter than it says; the methods also `iso-file-missing` and
 * `iso-file-too-large`.
 */
export async function openIso(
  source: ByteSource,
  name = 'the image',
  { allowTruncated = false }: OpenIsoOptions = {},
): Promise<Iso> {
  const descriptors = await readDescriptors(source, name);
  const { primary, volumes } = descriptors;
  if (!allowTruncated) requireComplete(primary, source, name);
  const tree = await openTree(source, primary, name);
  return {
    ...tree,
    volumeId: primary.volumeId,
    size: primary.size,
    descriptors,
    tree: async (kind) => {
      const volume = volumes.find((other) => other.kind === kind);
      if (volume === primary) return tree;
      return volume && openTree(source, volume, name);
    },
  };
}
