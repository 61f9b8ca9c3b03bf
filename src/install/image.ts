/** An ISO to install from: looked at before anything is touched, and its part of the plan. */
import { OpsError } from '../errors.ts';
import { sha256Of } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';
import { parseChecksum } from '../media/checksum.ts';
import { type Image, type ImageOptions, openImage } from '../media/image.ts';
import { type ImageMedium, readImageMedium } from '../media/image-medium.ts';
import { PassingFault } from '../media/transport.ts';
import type { CopyFromImage } from '../steps/copy-from-image.ts';
import type { InstallRequest } from './request.ts';

/** What the step that copies is told, but for where to. */
export type PlannedImage = Pick<CopyFromImage, 'image' | 'files' | 'manifest' | 'sha256'>;

export interface LookedAt extends Pick<ImageMedium, 'manifest' | 'manifestText' | 'signature'> {
  readonly planned: PlannedImage;
}

/** Looks at the ISO at `isoUrl`. `name` is what the plan calls a URL. Throws what src/media does, and `sha256-invalid`. */
export async function lookAtImage(
  host: Host,
  isoUrl: string,
  name: string,
  { isoSha256 }: Pick<InstallRequest, 'isoSha256'>,
  options: ImageOptions = {},
): Promise<LookedAt> {
  const image = await openImage(host, isoUrl, name, options);
  try {
    const medium = await readImageMedium(image);
    const { manifest, manifestText, signature, manifestExtents } = medium;
    const sha256 = isoSha256 ?? (await digestBeside(host, image, isoUrl)) ?? null;
    const bytes = Buffer.from(manifestText, 'utf8');
    const place = { size: bytes.length, sha256: sha256Of(bytes), extents: [...manifestExtents] };
    const files = medium.files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    return {
      ...{ manifest, manifestText, signature },
      planned: { image: image.ref, files, manifest: place, sha256 },
    };
  } finally {
    await image.close();
  }
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
    return parseChecksum(text, decodeURIComponent(baseName(new URL(isoUrl).pathname)), beside.name);
  } catch (error) {
    // Not there, or not to be seen: servers say both. A server that is busy has not answered the question.
    const absent = error instanceof OpsError && error.code === 'url-status';
    if (absent && !(error.cause instanceof PassingFault)) return undefined;
    throw error;
  }
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
