/** The forms that an image can have as a file, and the endings of their names. */

export const imageFormats = ['raw', 'qcow2', 'vmdk', 'vhd', 'vhdx', 'ova', 'gce'] as const;
export type ImageFormat = (typeof imageFormats)[number];

export const compressions = ['gz', 'xz', 'zst'] as const;
export type Compression = (typeof compressions)[number];

/** `raw.xz`, `vhd`, `tar.gz`. */
export function fileEnding(format: ImageFormat, compress?: Compression): string {
  const plain = format === 'gce' ? 'tar.gz' : format;
  return compress === undefined ? plain : `${plain}.${compress}`;
}
