/** What writing an image anew is given, whichever program does it. */
import type { Host } from '../../host/ports.ts';
import type { PreparedEdits } from '../edit/edits.ts';
import type { Image } from '../image.ts';
import type { Content } from '../pieces.ts';

/** What the two ways are given; they write the new image at `target`. */
export interface RebuildInput {
  readonly host: Host;
  readonly iso: string;
  readonly image: Image;
  readonly edits: PreparedEdits;
  /** A folder for their files. */
  readonly folder: string;
  readonly target: string;
  /** Seconds since 1970: of SOURCE_DATE_EPOCH, or when the image was made. */
  readonly date: number;
  readonly signal?: AbortSignal;
}

const pieceSize = 2 ** 20;

/** The content as a file of its own. */
export async function writeContent(host: Host, content: Content, target: string): Promise<void> {
  if (content.kind === 'bytes') return host.files.write(target, content.bytes);
  if (content.start === undefined) return host.files.copy(content.path, target);
  const { start, size, path } = content;
  const [source, file] = [await host.files.open(path, 'r'), await host.files.open(target, 'w')];
  try {
    for (let done = 0; done < size; done += pieceSize)
      await file.write(done, await source.read(start + done, Math.min(pieceSize, size - done)));
  } finally {
    await file.close();
    await source.close();
  }
}
