/** Which format an image gets: what was said, or what the name of the file says. */
import { basename, extname } from 'node:path';
import { usage } from '../../errors.ts';
import {
  type Compression,
  compressions,
  formatNames,
  formatOfName,
  type ImageFormat,
  imageFormats,
  type NamedFormat,
} from '../../formats/disk-images/formats.ts';

interface Said {
  readonly output: string;
  readonly format?: ImageFormat;
  readonly compress?: Compression;
}

/**
 * Throws OpsError (usage) `format-unclear` for a name that does not tell, and `format-not-compressed` for a format that
 * already is.
 */
export function chosenFormat({ output, format, compress }: Said): NamedFormat {
  const name = basename(output).toLowerCase();
  const named = formatOfName(name);
  // `node` is a raw image, too.
  const chosen = format ?? named?.format ?? (extname(name) === '' ? 'raw' : undefined);
  if (chosen === undefined)
    throw usage('format-unclear', `${output} does not say which format the image is to have`, {
      details: [`formats: ${formatNames.join(', ')}`],
      hint: 'Give --format, or another name: `node.img` is a raw image, `node.qcow2` a qcow2 one.',
    });
  if (compress !== undefined && !imageFormats[chosen].compress)
    throw usage('format-not-compressed', `Images of the format ${chosen} are compressed already`, {
      hint: 'Leave out --compress.',
    });
  const ending = imageFormats[chosen].compress
    ? compressions.find((one) => name.endsWith(`.${one}`))
    : undefined;
  return { format: chosen, compress: compress ?? ending ?? null };
}
