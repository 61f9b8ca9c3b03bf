/** What `--cloud` decides when nothing else was said, and what of that which was said it refuses. */
import { refused } from '../../errors.ts';
import {
  type Compression,
  endingOf,
  type ImageFormat,
  type NamedFormat,
} from '../../formats/disk-images/formats.ts';
import { formatBytes } from '../../formats/size.ts';
import { type Cloud, type CloudName, clouds } from './clouds.ts';

/** A format that was asked for wins, and comes uncompressed unless that was asked for too. */
export function cloudFormat(
  cloud: CloudName,
  asked: { readonly format?: ImageFormat; readonly compress?: Compression },
): NamedFormat {
  const { format, compress }: Cloud = clouds[cloud];
  const packed = asked.compress ?? (asked.format === undefined ? compress : undefined);
  return { format: asked.format ?? format, compress: packed ?? null };
}

/**
 * The size of the disk: `smallest` rounded up to what the cloud takes, or the size that was asked for, in bytes. Throws
 * `cloud-size` (refused) for one that it would not take.
 */
export function chosenSize(cloud: CloudName, smallest: number, asked: number | undefined): number {
  const { title, size }: Cloud = clouds[cloud];
  const rounded = Math.ceil((asked ?? smallest) / size.multiple) * size.multiple;
  if (asked !== undefined && rounded !== asked)
    throw refused(
      'cloud-size',
      `${title} takes disks of whole ${unitOf(size.multiple)} alone, not ${asked} bytes`,
      {
        hint: `Give --size ${rounded / size.multiple}${unitOf(size.multiple)}, or leave it out.`,
      },
    );
  if (size.largest !== undefined && rounded > size.largest)
    throw refused(
      'cloud-size',
      `${title} takes images of at most ${formatBytes(size.largest)}, not ${formatBytes(rounded)}`,
      { hint: 'Make it smaller: an image grows to its disk with the first boot.' },
    );
  return rounded;
}

const unitOf = (multiple: number) => (multiple === 2 ** 30 ? 'GiB' : 'MiB');

/** The name of the file where none was given: `bos-0.1.0-aws-amd64.raw`. */
export const imageName = (
  cloud: CloudName,
  { version, arch }: { readonly version: string; readonly arch: string },
  named: NamedFormat,
): string => `bos-${version}-${cloud}-${arch}${endingOf(named)}`;
