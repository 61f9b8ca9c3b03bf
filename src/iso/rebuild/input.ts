/** What writing an image anew is given, whichever program does it. */
import type { Host } from '../../host/ports.ts';
import type { PreparedEdits } from '../edit/edits.ts';
import type { Image } from '../image.ts';

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
