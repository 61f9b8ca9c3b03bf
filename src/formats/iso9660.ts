/**
 * Reads the files of an ISO 9660 image with Rock Ridge names, from anything that gives bytes at offsets. Made for
 * media that may be damaged: every extent is checked against the image before it is read, and nothing recurses
 * without a limit. Sections are those of ECMA-119, 4th edition. Joliet, El Torito: elsewhere.
 */
import { refused } from '../errors.ts';
import type { ByteSource } from './bytes.ts';
import { type DirectoryRecord, parseDirectory, parseRecord, sectorSize } from './iso9660-records.ts';
import { damagedHint, readVolumeDescriptor } from './iso9660-volume.ts';
import type { Extent, ReadContinuation } from './rock-ridge.ts';

export interface IsoEntry {
  /** From the root of the image, without a leading slash; empty for the root. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** Bytes; 0 for a link. */
  readonly size: number;
  /** Where the content lies, in bytes; more than one for files of 4 GB and up. */
  readonly extents: readonly Extent[];
  /** What a link says. */
  readonly target?: string;
}

export interface Iso {
  /** Without the padding: `BOS`. */
  readonly volumeId: string;
  /** What the image says of itself, in bytes; the source may be longer, not shorter. */
  readonly size: number;
  /** Follows links on the way and at the end; undefined when nothing is there. */
  stat(path: string): Promise<IsoEntry | undefined>;
  /** The entries of a folder, in the order of the image. */
  list(path: string): Promise<IsoEntry[]>;
  /** The bytes of a file of up to `limit` bytes (64 MiB when left out). */
  readFile(path: string, limit?: number): Promise<Uint8Array>;
  /** A file as a source, for those that are too large to hold. */
  open(path: string): Promise<ByteSource>;
  /** Every entry below the root, folders before what they hold, links not followed. */
  walk(): AsyncGenerator<IsoEntry>;
}

const maximumDirectory = 16 * 2 ** 20;
const maximumFile = 64 * 2 ** 20;
const maximumLinks = 40;

/**
 * Reads the volume descriptors. Throws OpsError (refused) `iso-invalid` when it is no ISO 9660 image or damaged,
 * `iso-truncated` when it is shorter than it says; the methods also `iso-file-missing` and `iso-file-too-large`.
 */
export async function openIso(source: ByteSource, name = 'the image'): Promise<Iso> {
  const volume = await readVolumeDescriptor(source, name);
  const root: IsoEntry = {
    path: '',
    type: 'directory',
    size: volume.root.extent.size,
    extents: [volume.root.extent],
  };
  const skip = await suspSkip(volume.root.extent);

  async function read(extent: Extent): Promise<Uint8Array> {
    const bytes = await source.read(extent.offset, extent.size);
    if (bytes.length < extent.size)
      throw refused('iso-truncated', `${name} ends inside one of its files`, { hint: damagedHint });
    return bytes;
  }
  const continuation: ReadContinuation = (extent) => {
    inside(extent);
    return read(extent);
  };
  function inside(extent: Extent): void {
    if (extent.offset + extent.size > source.size)
      throw refused('iso-truncated', `${name} is shorter than its folders say`, { hint: damagedHint });
  }

  /** Rock Ridge may ask for bytes to be left out of every system use area (SUSP 5.3, "SP"). */
  async function suspSkip(extent: Extent): Promise<number> {
    inside(extent);
    const first = parseRecord(await read({ offset: extent.offset, size: sectorSize }), 0);
    const use = first?.systemUse;
    return use !== undefined && use[0] === 0x53 && use[1] === 0x50 && use[4] === 0xbe && use[5] === 0xef
      ? (use[6] ?? 0)
      : 0;
  }

  async function children(folder: IsoEntry): Promise<IsoEntry[]> {
    const extent = folder.extents[0];
    if (folder.type !== 'directory' || extent === undefined)
      throw refused('iso-file-missing', `/${folder.path} in ${name} is not a folder`);
    if (extent.size > maximumDirectory)
      throw refused('iso-invalid', `the folder /${folder.path} in ${name} claims ${extent.size} bytes`, {
        hint: damagedHint,
      });
    inside(extent);
    const records = await parseDirectory(await read(extent), skip, continuation);
    return records.map((record) => entryOf(folder, record));
  }

  async function find(path: string): Promise<IsoEntry | undefined> {
    let trail: IsoEntry[] = [root];
    let rest = path.split('/');
    let links = 0;
    while (rest.length > 0) {
      const [part = '', ...after] = rest;
      rest = after;
      const here = trail.at(-1) ?? root;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        trail = trail.length > 1 ? trail.slice(0, -1) : [root];
        continue;
      }
      if (here.type !== 'directory') return undefined;
      const next = (await children(here)).find((entry) => baseName(entry.path) === part);
      if (next === undefined) return undefined;
      if (next.type !== 'symlink') {
        trail = [...trail, next];
        continue;
      }
      links += 1;
      if (links > maximumLinks)
        throw refused('iso-invalid', `the links of /${path} in ${name} go round in circles`);
      const target = next.target ?? '';
      if (target.startsWith('/')) trail = [root];
      rest = [...target.split('/'), ...rest];
    }
    return trail.at(-1);
  }

  async function file(path: string): Promise<IsoEntry> {
    const entry = await find(path);
    if (entry?.type !== 'file')
      throw refused('iso-file-missing', `${name} has no file /${path.replace(/^\/+/, '')}`);
    for (const extent of entry.extents) inside(extent);
    return entry;
  }

  return {
    volumeId: volume.volumeId,
    size: volume.size,
    stat: find,
    list: async (path) => {
      const folder = await find(path);
      if (folder === undefined) throw refused('iso-file-missing', `${name} has no folder /${path}`);
      return children(folder);
    },
    readFile: async (path, limit = maximumFile) => {
      const entry = await file(path);
      if (entry.size > limit)
        throw refused(
          'iso-file-too-large',
          `/${entry.path} in ${name} has ${entry.size} bytes, expected at most ${limit}`,
        );
      return Buffer.concat(await Promise.all(entry.extents.map(read)));
    },
    open: async (path) => extentSource(source, await file(path)),
    async *walk() {
      const seen = new Set<number>();
      const queue: IsoEntry[] = [root];
      for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
        const at = folder.extents[0]?.offset ?? 0;
        if (seen.has(at))
          throw refused('iso-invalid', `the folder /${folder.path} in ${name} holds itself`, {
            hint: damagedHint,
          });
        seen.add(at);
        for (const entry of await children(folder)) {
          yield entry;
          if (entry.type === 'directory') queue.push(entry);
        }
      }
    },
  };
}

function entryOf(folder: IsoEntry, record: DirectoryRecord & { extents: readonly Extent[] }): IsoEntry {
  return {
    path: folder.path === '' ? record.name : `${folder.path}/${record.name}`,
    type: record.type,
    size: record.type === 'symlink' ? 0 : record.extents.reduce((sum, extent) => sum + extent.size, 0),
    extents: record.extents,
    ...(record.target === undefined ? {} : { target: record.target }),
  };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** One file as bytes at offsets, over however many extents it has. */
function extentSource(source: ByteSource, entry: IsoEntry): ByteSource {
  return {
    size: entry.size,
    read: async (offset, length) => {
      const end = Math.min(entry.size, offset + length);
      const parts: Uint8Array[] = [];
      let start = 0;
      for (const extent of entry.extents) {
        const from = Math.max(offset, start);
        const to = Math.min(end, start + extent.size);
        if (from < to) parts.push(await source.read(extent.offset + from - start, to - from));
        start += extent.size;
      }
      return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    },
  };
}
