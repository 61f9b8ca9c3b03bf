/**
 * A release: the tree of a medium on a server, known by the URL of its manifest. It is read as one image in which
 * its files lie one after the other, each of them fetched by itself.
 */

import { OpsError, refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { PassingFault } from '../host/retry.ts';
import type { ImageMedium } from './image-medium.ts';
import type { Image, ImageRef } from './image-ref.ts';
import { manifestPath, parseManifest, requireWhole } from './manifest.ts';
import { type OpenOptions, openUrl } from './open-url.ts';
import { joinedImage } from './ranges/joined-image.ts';
import { shownUrl } from './shown-url.ts';
import { signaturePath } from './signature.ts';
import type { Pin } from './transport.ts';

export type ReleaseRef = Extract<ImageRef, { from: 'release' }>;

const manifestLimit = 1024 * 1024;
const signatureLimit = 8 * 1024;

/** True when `place` is a URL or path of a manifest at its place in the tree. */
export function isRelease(place: string): boolean {
  const path = URL.canParse(place) ? new URL(place).pathname : place;
  return path.endsWith(`/${manifestPath}`);
}

/** The URL of another file of the tree; a query, which can be what lets us in, stays. */
function urlOf(manifestUrl: string, path: string): string {
  const url = new URL(manifestUrl);
  url.pathname = url.pathname.slice(0, -manifestPath.length) + path;
  return url.href;
}

/**
 * Reads the manifest at `url` and asks for the beginning of each file. Throws what reading an image's manifest throws;
 * `name` is what a plan calls the URL.
 */
export async function readRelease(
  host: Host,
  url: string,
  name: string,
  options: OpenOptions,
): Promise<ImageMedium> {
  const shown = shownUrl(url);
  const read = async (path: string, limit: number) => {
    const remote = await openUrl(host, urlOf(url, path), options);
    if (remote.size > limit && Number.isFinite(remote.size))
      throw refused(
        'manifest-invalid',
        `${shownUrl(urlOf(url, path))} has ${remote.size} bytes, more than ${limit}`,
      );
    return Buffer.from(await remote.read(0, Math.min(remote.size, limit))).toString('utf8');
  };
  const manifestText = await read(manifestPath, manifestLimit);
  const manifest = parseManifest(manifestText, shown);
  requireWhole(manifest, shown);
  const faults: string[] = [];
  for (const { path, size } of manifest.files) {
    const found = await sizeAt(host, urlOf(url, path), options);
    if (found === 'missing') faults.push(`${path} is missing`);
    else if (found !== null && found !== size) faults.push(`${path} has ${found} bytes instead of ${size}`);
  }
  if (faults.length > 0) {
    throw refused('medium-incomplete', `The release of ${shown} is incomplete`, {
      details: faults,
      hint: 'Put every file of the release beside its manifest.',
    });
  }
  const signature = await orMissing(read(signaturePath, signatureLimit));
  let offset = 0;
  const files = manifest.files.map((file) => {
    const extents = [{ offset, length: file.size }];
    offset += file.size;
    return { ...file, extents };
  });
  const ref: ReleaseRef = {
    ...{ from: 'release', url: name, shown },
    files: manifest.files.map(({ path, size }) => ({ path, size })),
  };
  return { ref, manifest, manifestText, signature: signature ?? undefined, files, manifestExtents: [] };
}

async function sizeAt(host: Host, url: string, options: OpenOptions): Promise<number | null | 'missing'> {
  return (
    (await orMissing(openUrl(host, url, options).then(({ pin }) => ({ size: pin.size }))))?.size ?? 'missing'
  );
}

/** undefined for what a server says is not there. */
async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const absent = error instanceof OpsError && error.code === 'url-status';
    if (absent && !(error.cause instanceof PassingFault)) return undefined;
    throw error;
  }
}

/** The files of a release as an image. What they hold is known by their digests, so no version is pinned but the size. */
export function openRelease(host: Host, ref: ReleaseRef, manifestUrl: string, options: OpenOptions): Image {
  const common = { ...options, server: { several: true } };
  return joinedImage(
    ref,
    ref.files.map(({ path, size }) => {
      const pin: Pin = { size, etag: null, modified: null, ranges: false };
      return { size, open: () => openUrl(host, urlOf(manifestUrl, path), common, pin) };
    }),
  );
}
