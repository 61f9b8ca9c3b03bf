/** A pack as it lies in a folder or an archive: names, and the content of the files that are looked into. */

export interface PackEntry {
  readonly type: 'file' | 'directory' | 'link' | 'other';
  /** Bytes of a file. */
  readonly size: number;
}

export interface PackContent {
  /** As the person named it; begins the names of its files in messages. */
  readonly place: string;
  /** Its own name, without what leads to it. */
  readonly folder: string;
  /** By path, with `/` between its parts; without those of hidden files. */
  readonly entries: ReadonlyMap<string, PackEntry>;
  /** What was read, by path. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** Files of a pack that have a meaning of their own. */
export const packFiles = {
  meta: 'pack.json',
  values: 'values.yaml',
  logo: 'logo.png',
  readme: 'README.md',
  presets: 'presets.yaml',
  parameters: 'schema.yaml',
} as const;

/** Bytes of a file that is looked into; those of the largest charts have a tenth. */
export const textLimit = 2 * 1024 * 1024;
