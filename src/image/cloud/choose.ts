/** What `--cloud` decides when nothing else was said, and what of that which was said it refuses. */
import { refused, usage } from '../../errors.ts';
import {
  type Compression,
  formatOfName,
  type ImageFormat,
  imageFormats,
  type NamedFormat,
} from '../../formats/disk-images/formats.ts';
import { formatBytes } from '../../formats/size.ts';
import { chosenFormat } from '../create/chosen-format.ts';
import { type Cloud, type CloudName, clouds } from './clouds.ts';

/** What was said of the form of the file. */
export interface Said {
  readonly output?: string;
  readonly format?: ImageFormat;
  readonly compress?: Compression;
}

/**
 * A format that was asked for wins. A name that was given says how the file is compressed; without one it is as the cloud
 * likes it. Throws `cloud-format` (usage) for a name that says another format, and what `chosenFormat` does.
 */
export function cloudFormat(cloud: CloudName, { output, format, compress }: Said): NamedFormat {
  const row: Cloud = clouds[cloud];
  const wanted = format ?? row.format;
  if (output === undefined) {
    const packed = compress ?? (format === undefined ? row.compress : undefined);
    return chosenFormat({ output: '', format: wanted, ...(packed && { compress: packed }) });
  }
  const named = formatOfName(output);
  if (format === undefined && named !== undefined && named.format !== row.format)
    throw usage(
      'cloud-format',
      `${output} says ${named.format}, but images for ${row.title} are ${row.format}`,
      {
        hint: `Give it a name that ends with ${endingOf(row.format)}, or --format ${named.format}.`,
      },
    );
  return chosenFormat({ output, format: wanted, ...(compress && { compress }) });
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
  { format, compress }: NamedFormat,
): string => `bos-${version}-${cloud}-${arch}${endingOf(format)}${compress === null ? '' : `.${compress}`}`;

/** `.raw` rather than `.img`, which does not say it to people. */
const endingOf = (format: ImageFormat): string =>
  format === 'raw' ? '.raw' : imageFormats[format].endings[0];
