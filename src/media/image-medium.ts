/**
 * What an ISO holds to install from: its manifest, and where in the image each file of it lies. An ISO is known by
 * its content alone. Nothing in it is believed: paths, sizes and places are all compared before anything is written.
 */
import { z } from 'zod';
import { OpsError, refused } from '../errors.ts';
import { endOf } from '../formats/byte-range.ts';
import { cached } from '../formats/cached-source.ts';
import { type Iso, type IsoEntry, openIso } from '../formats/iso9660/image.ts';
import type { Image, ImageRef } from './image-ref.ts';
import { type Manifest, manifestPath, parseManifest, requireWhole } from './manifest.ts';
import { signaturePath } from './signature.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.number().int().nonnegative();

/** Where the content of a file lies in the image, in bytes, in ascending order. */
export const placeSchema = z.strictObject({
  size: bytes,
  sha256: digest,
  extents: z.array(z.strictObject({ offset: bytes, length: bytes })),
});
export type Place = z.infer<typeof placeSchema>;

export const placedFileSchema = placeSchema.extend({ path: z.string() });
export type PlacedFile = z.infer<typeof placedFileSchema>;

export interface ImageMedium {
  readonly ref: ImageRef;
  readonly manifest: Manifest;
  readonly manifestText: string;
  /** What signs the manifest; undefined when the image has nothing there. */
  readonly signature: string | undefined;
  readonly files: readonly PlacedFile[];
  /** Where the manifest itself lies: what is read later must be what was read now. */
  readonly manifestExtents: Place['extents'];
}

const manifestLimit = 1024 * 1024;
const signatureLimit = 8 * 1024;

/**
 * Reads all of that. Throws OpsError (refused): `iso-invalid`, `iso-truncated`, `manifest-missing`,
 * `manifest-invalid`, `medium-incomplete`, and what the network does.
 */
export async function readImageMedium(image: Image): Promise<ImageMedium> {
  const { name, ref } = image;
  const iso = await openIso(cached(image), name);
  const entry = await iso.stat(manifestPath);
  if (entry?.type !== 'file') {
    throw refused(
      'manifest-missing',
      `${name} is an ISO image ("${iso.volumeId}"), but not a Bhojpur OS one`,
      {
        details: [`it has no file ${manifestPath}`],
        hint: 'Give the URL or path of a Bhojpur OS ISO.',
      },
    );
  }
  const manifestText = await text(iso, manifestPath, manifestLimit);
  const where = `${manifestPath} in ${name}`;
  const manifest = parseManifest(manifestText, where);
  requireWhole(manifest, where);
  const files: PlacedFile[] = [];
  const faults: string[] = [];
  for (const file of manifest.files) {
    const found = await look(iso, file.path);
    if (typeof found === 'string') faults.push(`${file.path}: ${found}`);
    else if (found.size !== file.size)
      faults.push(`${file.path} has ${found.size} bytes instead of ${file.size}`);
    else if (!inOrder(found, image.size)) faults.push(`${file.path} is at an impossible place`);
    else files.push({ ...file, extents: [...found.extents] });
  }
  if (faults.length > 0) {
    throw refused('medium-incomplete', `${name} is damaged or incomplete`, {
      details: faults,
      hint: 'Check the ISO against its published checksum.',
    });
  }
  const signed = await iso.stat(signaturePath);
  const signature = signed?.type === 'file' ? await text(iso, signaturePath, signatureLimit) : undefined;
  return { ref, manifest, manifestText, signature, files, manifestExtents: [...entry.extents] };
}

const text = async (iso: Iso, path: string, limit: number) =>
  Buffer.from(await iso.readFile(path, limit)).toString('utf8');

/** The file, or why there is none. */
async function look(iso: Iso, path: string): Promise<IsoEntry | string> {
  try {
    const entry = await iso.stat(path);
    if (entry === undefined) return 'is missing';
    return entry.type === 'file' ? entry : 'is not a file';
  } catch (error) {
    if (error instanceof OpsError && error.code === 'iso-invalid') return error.message;
    throw error;
  }
}

/** One pass over the image must give the file from its beginning to its end. */
function inOrder({ extents }: IsoEntry, size: number): boolean {
  return extents.every((extent, index) => {
    const before = extents[index - 1];
    const start = before === undefined ? 0 : endOf(before);
    return extent.offset >= start && endOf(extent) <= size;
  });
}
