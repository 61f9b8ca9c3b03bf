/** What comes out of an image: its files, what they are called until they are complete, and the steps that get them there. */
import { basename, dirname, join } from 'node:path';
import type { NameImage } from '../../steps/disk/name-image.ts';
import type { Step } from '../../steps/index.ts';
import type { InUse } from '../../steps/support/image-disk.ts';
import type { ImageInput, OutputPaths } from './input.ts';

export function outputPaths(image: string): OutputPaths {
  const hidden = (what: string) => join(dirname(image), `.${basename(image)}${what}.partial`);
  return {
    image,
    raw: hidden(''),
    converted: hidden('.converted'),
    sha256: hidden('.sha256'),
    bmap: hidden('.bmap'),
  };
}

/** What stands beside an image of that name. */
export const besidePaths = (image: string) => ({ sha256: `${image}.sha256`, bmap: `${image}.bmap` });

type Choice = Pick<ImageInput, 'format' | 'compress' | 'checksums'>;

/** Whether the file is another one than the raw image. */
export const isConverted = ({ format, compress }: Pick<Choice, 'format' | 'compress'>): boolean =>
  format !== 'raw' || compress !== null;

/** A raw image has a block map, compressed or not. */
export function checksumSteps(input: ImageInput, inUse: InUse): Step[] {
  const { output, format, checksums } = input;
  if (format !== 'raw' || !checksums) return [];
  const sha256 = isConverted(input) ? null : output.sha256;
  const names = { name: basename(output.image), sha256, bmap: output.bmap };
  return [{ id: 'write-checksums', kind: 'write-checksums', image: output.raw, inUse, ...names }];
}

export function convertSteps(input: ImageInput, inUse: InUse): Step[] {
  const { output, format, compress, manifest, ids, time } = input;
  if (!isConverted(input)) return [];
  return [
    {
      ...{ id: 'convert-image', kind: 'convert-image', from: output.raw, inUse, to: output.converted },
      ...{ format, compress, sha256: output.sha256, name: basename(output.image) },
      ...{ version: manifest.os, disk: ids.disk, file: ids.imageFile, time },
    },
  ];
}

export function nameStep(input: ImageInput): NameImage {
  const { output, format, checksums } = input;
  const beside = besidePaths(output.image);
  const converted = isConverted(input);
  return {
    ...{ id: 'name-image', kind: 'name-image', mode: 0o600 },
    ...{ from: converted ? output.converted : output.raw, to: output.image },
    beside: checksums
      ? [
          { from: output.sha256, to: beside.sha256 },
          ...(format === 'raw' ? [{ from: output.bmap, to: beside.bmap }] : []),
        ]
      : [],
    remove: [beside.sha256, beside.bmap, ...(converted && !checksums ? [output.sha256] : [])],
  };
}
