/**
 * Sizes and digests of an image, of the file and of what it unpacks to, in one pass over the file. What it unpacks to
 * must be a whole disk: a list that names a damaged image would be found out only when a card has been written.
 */
import { createHash, type Hash } from 'node:crypto';
import { basename } from 'node:path';
import { refused, usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { digestBeside } from '../../media/checksum.ts';
import { openImage } from '../../media/image.ts';
import { isRemote } from '../../media/open-url.ts';
import { unpacked } from '../../media/packed/unpack.ts';
import { lookAtImage } from '../write/look.ts';
import type { MeasuredImage } from './entry.ts';

export interface MeasureOptions {
  readonly signal: AbortSignal;
  /** Bytes of the file that were read, and all of them. */
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Throws OpsError: `image-not-local` (usage); (refused) `image-damaged` for what is truncated or damaged,
 * `image-truncated` for an image that ends before its partitions do, `image-no-disk` for one without any, `image-container`, `iso-digest` when a .sha256
 * beside it says something else, and what opening it does.
 */
export async function measureImage(
  host: Host,
  path: string,
  { signal, onProgress }: MeasureOptions,
): Promise<MeasuredImage> {
  if (isRemote(path))
    throw usage('image-not-local', 'Images are read from this machine, not from a URL', {
      hint: 'Give the path of the file that will be published.',
    });
  const request = { image: path, force: false, insecure: true, silent: true, dryRun: true };
  const { packing, name, head } = await lookAtImage(host, request, { signal });
  if (head.table === 'none' && !head.iso)
    throw refused('image-no-disk', `${name} is not the image of a disk: it has no partition table`, {
      hint: 'Name an image that a card starts from.',
    });
  const image = await openImage(host, path, 'url:image', { signal });
  try {
    const expected = await digestBeside(host, image, path);
    const file = createHash('sha256');
    const bytes = hashed(image.stream(0, undefined, signal), file, (done) => onProgress(done, image.size));
    const raw = createHash('sha256');
    let size = 0;
    for await (const part of unpacked(host, { packing, name, bytes })) {
      raw.update(part);
      size += part.length;
    }
    if (size < head.reachesTo)
      throw refused(
        'image-truncated',
        `${name} is incomplete: ${size} bytes instead of at least ${head.reachesTo}`,
        {
          details: ['its partition table or its volume reaches further than the image'],
          hint: 'Make or fetch it again.',
        },
      );
    const downloadSha256 = file.digest('hex');
    if (expected !== undefined && expected !== downloadSha256)
      throw refused('iso-digest', `${name} does not have the SHA-256 that ${name}.sha256 says`, {
        hint: 'Make or fetch both again.',
      });
    return {
      file: basename(path),
      downloadSize: image.size,
      downloadSha256,
      size,
      sha256: raw.digest('hex'),
    };
  } finally {
    await image.close();
  }
}

async function* hashed(
  source: AsyncGenerator<Uint8Array>,
  hash: Hash,
  onRead: (done: number) => void,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const bytes of source) {
    hash.update(bytes);
    yield bytes;
    done += bytes.length;
    onRead(done);
  }
}
