/**
 * The digest that a person gave, compared before anything out of the image is run. The copy compares it again, but at
 * its end: over another Linux programs of the image have long been run by then, as root.
 */
import { createHash } from 'node:crypto';
import { refused } from '../../errors.ts';
import { intersection } from '../../formats/byte-range.ts';
import type { Host } from '../../host/ports.ts';
import { reopenImage } from '../../media/image.ts';
import type { FetchOptions } from '../check/fetch-config.ts';
import type { PlannedImage } from './iso.ts';

/**
 * Reads the whole image once. That its manifest is the one that was read before counts too: everything else in the
 * image is compared with that. Throws `iso-digest`, `medium-changed` (refused), and what reading it does.
 */
export async function requireWholeDigest(
  host: Host,
  { image: ref, manifest }: PlannedImage,
  isoUrl: string,
  sha256: string,
  { say, signal }: FetchOptions,
): Promise<void> {
  say?.('Reading the whole ISO to compare its SHA-256, before any program out of it is run');
  const image = await reopenImage(host, ref, () => isoUrl, {
    ...(say === undefined ? {} : { say }),
    ...(signal === undefined ? {} : { signal }),
  });
  const [whole, read] = [createHash('sha256'), createHash('sha256')];
  try {
    let offset = 0;
    for await (const bytes of image.stream(0, undefined, signal)) {
      whole.update(bytes);
      for (const extent of manifest.extents) {
        const part = intersection(extent, { offset, length: bytes.length });
        if (part !== undefined)
          read.update(bytes.subarray(part.offset - offset, part.offset - offset + part.length));
      }
      offset += bytes.length;
    }
  } finally {
    await image.close();
  }
  if (whole.digest('hex') !== sha256)
    throw refused('iso-digest', `${image.name} does not have the expected SHA-256`, {
      hint: 'The ISO is a different one, or was changed on the way: check it and the expected digest.',
    });
  if (read.digest('hex') !== manifest.sha256)
    throw refused('medium-changed', `${image.name} changed while it was read`, {
      hint: 'Run the command again.',
    });
}
