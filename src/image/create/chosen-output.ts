/** What an image is to be, and its name: what was said, what the name of the file says, what its cloud takes. */
import { basename, extname } from 'node:path';
import { minimumDiskSize } from '../../disk/layout/layout.ts';
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
import type { Manifest } from '../../media/manifest.ts';
import { chosenSize, cloudFormat, imageName } from '../cloud/choose.ts';
import type { CloudName } from '../cloud/clouds.ts';

export interface ChosenOutput extends NamedFormat {
  /** Of the disk, in bytes. */
  readonly size: number;
  /** What the file is called, as soon as it is known what is in it. */
  nameFor(system: Pick<Manifest, 'os' | 'arch'>): string;
}

interface Asked {
  readonly output?: string;
  readonly cloud?: CloudName;
  readonly format?: ImageFormat;
  readonly compress?: Compression;
  readonly size?: number;
}

/**
 * Throws OpsError: (usage) `output-missing`, `format-unclear`, `format-not-compressed`; (refused) `cloud-size`.
 */
export function chosenOutput({ output, cloud, format, compress, size }: Asked): ChosenOutput {
  const said = { ...(format && { format }), ...(compress && { compress }) };
  if (cloud === undefined) {
    if (output === undefined)
      throw usage('output-missing', 'No file was named for the image', {
        hint: 'Give -o FILE, or --cloud, which gives it a name.',
      });
    const chosen = chosenFormat({ output, ...said });
    requireCompressible(chosen);
    return { ...chosen, size: whole(size ?? minimumDiskSize, chosen.format), nameFor: () => output };
  }
  const named = output === undefined ? undefined : formatOfName(basename(output));
  const chosen = cloudFormat(cloud, { ...(named && withoutNull(named)), ...said });
  requireCompressible(chosen);
  return {
    ...chosen,
    size: whole(chosenSize(cloud, minimumDiskSize, size), chosen.format),
    nameFor: ({ os, arch }) => output ?? imageName(cloud, { version: os, arch }, chosen),
  };
}

function requireCompressible({ format, compress }: NamedFormat): void {
  if (compress === null || imageFormats[format].compress) return;
  throw usage('format-not-compressed', `Images of the format ${format} are compressed already`, {
    hint: 'Leave out --compress.',
  });
}

const withoutNull = ({ format, compress }: NamedFormat) => ({ format, ...(compress && { compress }) });

/** Rounded up to what programs that read the format want. */
const whole = (size: number, format: ImageFormat): number => {
  const { sizeUnit } = imageFormats[format];
  return Math.ceil(size / sizeUnit) * sizeUnit;
};

interface Said {
  readonly output: string;
  readonly format?: ImageFormat;
  readonly compress?: Compression;
}

/** Throws `format-unclear` (usage) for a name that does not tell. */
function chosenFormat({ output, format, compress }: Said): NamedFormat {
  const name = basename(output).toLowerCase();
  const named = formatOfName(name);
  // `node` is a raw image, too.
  const chosen = format ?? named?.format ?? (extname(name) === '' ? 'raw' : undefined);
  if (chosen === undefined)
    throw usage('format-unclear', `${output} does not say which format the image is to have`, {
      details: [`formats: ${formatNames.join(', ')}`],
      hint: 'Give --format, or another name: `node.img` is a raw image, `node.qcow2` a qcow2 one.',
    });
  const ending = imageFormats[chosen].compress
    ? compressions.find((one) => name.endsWith(`.${one}`))
    : undefined;
  return { format: chosen, compress: compress ?? ending ?? null };
}
