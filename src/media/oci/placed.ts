/** Where the files of a system lie in the layers of an image, found by the headers of the archives alone. */
import { OpsError } from '../../errors.ts';
import { tarRanges } from '../../formats/archives/tar.ts';
import type { ByteRange } from '../../formats/byte-range.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { cached } from '../../formats/cached-source.ts';
import { type Descriptor, invalid, isPlainLayer } from '../../oci/documents.ts';

/** A layer that is a plain tar archive, and where its bytes lie in the image. */
export interface PlacedLayer {
  readonly descriptor: Descriptor;
  readonly offset: number;
}

/** Far more than a layer of ours has, and no more than can be looked at over a network. */
const mostEntries = 4096;

/** The plain ones of `layers`, one after the other from byte 0 on. */
export function joinedLayers(layers: readonly Descriptor[]): PlacedLayer[] {
  let offset = 0;
  return layers.filter(isPlainLayer).map((descriptor) => {
    const placed = { descriptor, offset };
    offset += descriptor.size;
    return placed;
  });
}

/** A file in a layer. */
export interface LayerFile {
  readonly layer: PlacedLayer;
  /** In the image. */
  readonly range: ByteRange;
}

/**
 * Every file of the layers by its path, without `./` or `/` in front; of one path that of the last layer counts. Throws
 * OpsError `oci-invalid` (refused) for what is not a tar archive.
 */
export async function filesOfLayers(
  image: ByteSource,
  layers: readonly PlacedLayer[],
  where: string,
): Promise<Map<string, LayerFile>> {
  const found = new Map<string, LayerFile>();
  for (const layer of layers) {
    const { descriptor, offset } = layer;
    const source = cached({
      size: descriptor.size,
      read: (from, length) => image.read(offset + from, Math.min(length, descriptor.size - from)),
    });
    let entries = 0;
    try {
      for await (const { path, content, size, type } of tarRanges(inside(source))) {
        entries += 1;
        if (entries > mostEntries) throw new Error(`it has more than ${mostEntries} entries`);
        const name = path.replace(/^(\.?\/)+/, '');
        if (type !== 'file') found.delete(name);
        else if (content + size > descriptor.size) throw new Error(`${name} goes beyond its end`);
        else found.set(name, { layer, range: { offset: offset + content, length: size } });
      }
    } catch (error) {
      if (error instanceof OpsError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw invalid(where, [`the layer ${descriptor.digest}: ${why}`], error);
    }
  }
  return found;
}

/** Nothing is asked for beyond the end. */
const inside = ({ size, read }: ByteSource): ByteSource => ({
  size,
  read: async (offset, length) => (offset >= size ? new Uint8Array() : read(offset, length)),
});
