/** An ISO to install from: looked at before anything is touched, and its part of the plan. */

import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import { digestBeside } from '../../media/checksum.ts';
import { openImage } from '../../media/image.ts';
import { type ImageMedium, readImageMedium } from '../../media/image-medium.ts';
import type { OpenOptions } from '../../media/open-url.ts';
import type { CopyFromImage } from '../../steps/files/copy-from-image.ts';
import type { InstallRequest } from '../request.ts';

/** What the step that copies is told, but for where to. */
export type PlannedImage = Pick<CopyFromImage, 'image' | 'files' | 'manifest' | 'sha256' | 'unverified'>;

export interface LookedAt extends Pick<ImageMedium, 'manifest' | 'manifestText' | 'signature'> {
  readonly planned: PlannedImage;
}

/** Looks at the ISO at `isoUrl`. `name` is what the plan calls a URL. Throws what src/media does, and `sha256-invalid`. */
export async function lookAtImage(
  host: Host,
  isoUrl: string,
  name: string,
  { isoSha256 }: Pick<InstallRequest, 'isoSha256'>,
  options: OpenOptions = {},
): Promise<LookedAt> {
  const image = await openImage(host, isoUrl, name, options);
  try {
    const medium = await readImageMedium(image);
    const { manifest, manifestText, signature } = medium;
    const sha256 = isoSha256 ?? (await digestBeside(host, image, isoUrl)) ?? null;
    return { manifest, manifestText, signature, planned: plannedOf(medium, sha256) };
  } finally {
    await image.close();
  }
}

/** The part of the plan; `sha256` is that of the whole image, null when it is not known. */
export function plannedOf(medium: ImageMedium, sha256: string | null): PlannedImage {
  const bytes = Buffer.from(medium.manifestText, 'utf8');
  const extents = [...medium.manifestExtents];
  return {
    image: medium.ref,
    files: medium.files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    manifest: { size: bytes.length, sha256: sha256Of(bytes), extents },
    sha256,
  };
}
