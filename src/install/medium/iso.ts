/** An ISO to install from: looked at before anything is touched, and its part of the plan. */

import { OpsError } from '../../errors.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import { PassingFault } from '../../host/retry.ts';
import { parseChecksum } from '../../media/checksum.ts';
import { openImage } from '../../media/image.ts';
import { type ImageMedium, readImageMedium } from '../../media/image-medium.ts';
import type { Image } from '../../media/image-ref.ts';
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

const checksumLimit = 64 * 1024;

/** What `ISO.sha256` says, beside the ISO; undefined when there is no such file. */
async function digestBeside(host: Host, image: Image, isoUrl: string): Promise<string | undefined> {
  const { ref } = image;
  if (ref.from === 'file') {
    const path = `${ref.path}.sha256`;
    if (!(await host.files.exists(path))) return undefined;
    return parseChecksum(await host.files.readText(path), baseName(ref.path), path);
  }
  const url = new URL(isoUrl);
  url.pathname += '.sha256';
  try {
    const beside = await openImage(host, url.href, ref.url);
    const text = Buffer.from(await beside.read(0, Math.min(beside.size, checksumLimit))).toString('utf8');
    return parseChecksum(text, decoded(baseName(new URL(isoUrl).pathname)), beside.name);
  } catch (error) {
    // Not there, or not to be seen: servers say both. A server that is busy has not answered the question.
    const absent = error instanceof OpsError && error.code === 'url-status';
    if (absent && !(error.cause instanceof PassingFault)) return undefined;
    throw error;
  }
}

/** The name in a URL as a file has it; as it stands when it is not encoded as it should be. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
