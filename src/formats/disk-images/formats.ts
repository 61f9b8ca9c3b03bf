/** The formats of disk images, a row each, and how a file can be compressed beside: what a person chooses from. */

const MiB = 2 ** 20;
const GiB = 2 ** 30;

interface FormatRow {
  /** Of file names; the first is the usual one. */
  readonly endings: readonly string[];
  /** The disk has a multiple of these bytes: what the programs and clouds that read it want. */
  readonly sizeUnit: number;
  /** Whether its content is compressed already. */
  readonly packed: boolean;
  /** Whether it can be compressed as a whole, and is what it says all the same. */
  readonly compress: boolean;
}

export const imageFormats = {
  raw: { endings: ['.img', '.raw'], sizeUnit: MiB, packed: false, compress: true },
  qcow2: { endings: ['.qcow2'], sizeUnit: MiB, packed: false, compress: true },
  vmdk: { endings: ['.vmdk'], sizeUnit: MiB, packed: true, compress: false },
  // Azure: "the virtual size must be a multiple of 1 MB", which is without the footer.
  vhd: { endings: ['.vhd'], sizeUnit: MiB, packed: false, compress: true },
  vhdx: { endings: ['.vhdx'], sizeUnit: MiB, packed: false, compress: true },
  ova: { endings: ['.ova'], sizeUnit: MiB, packed: true, compress: false },
  // Google: "the size of the disk must be a multiple of 1 GB", in powers of 1024.
  gce: { endings: ['.tar.gz'], sizeUnit: GiB, packed: true, compress: false },
} as const satisfies Readonly<Record<string, FormatRow>>;

export type ImageFormat = keyof typeof imageFormats;
export const formatNames = Object.keys(imageFormats) as ImageFormat[];

export const compressions = ['gz', 'xz', 'zst'] as const;
export type Compression = (typeof compressions)[number];

export interface NamedFormat {
  readonly format: ImageFormat;
  readonly compress: Compression | null;
}

/** What a file is by its name: `node.qcow2`, `node.img.zst`. Undefined when the name does not tell. */
export function formatOfName(name: string): NamedFormat | undefined {
  const small = name.toLowerCase();
  const ending = (text: string) =>
    formatNames.find((format) => imageFormats[format].endings.some((end) => text.endsWith(end)));
  const whole = ending(small);
  if (whole !== undefined) return { format: whole, compress: null };
  const compress = compressions.find((one) => small.endsWith(`.${one}`));
  if (compress === undefined) return undefined;
  const format = ending(small.slice(0, -compress.length - 1));
  return format !== undefined && imageFormats[format].compress ? { format, compress } : undefined;
}
