/**
 * One tree of folders of an ISO 9660 image, read from anything that gives bytes at offsets. Made for media that may
 * be damaged: every extent is checked against the image before it is read, and nothing goes on without a limit.
 * Sections are those of ECMA-119, 4th edition.
 */
import { refused } from '../../errors.ts';
import type { ByteSource } from '../bytes.ts';
import type { Volume } from './descriptors.ts';
import { type Budget, budgetOf, type Extent, invalid, readExtent, sectorSize } from './extent.ts';
import { type Directory, type DirectoryEntry, parseDirectory, parseRecord } from './records.ts';

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
  /** File type and permission bits, as in stat(2); only with Rock Ridge. */
  readonly mode?: number;
  /** Its directory records, one for each extent; for the root that in the volume descriptor. */
  readonly records: readonly Extent[];
  /** Areas in which Rock Ridge goes on where the record has no room. */
  readonly continuations: readonly Extent[];
}

/** A folder with the places that change when something is put into it. */
export interface IsoFolder extends Directory {
  readonly entry: IsoEntry;
  readonly children: readonly IsoEntry[];
}

export interface Tree {
  readonly volume: Volume;
  /** The tree carries Rock Ridge. */
  readonly rockRidge: boolean;
  /** Follows links on the way and at the end; undefined when nothing is there. */
  stat(path: string): Promise<IsoEntry | undefined>;
  /** The entries of a folder, in the order of the image. */
  list(path: string): Promise<IsoEntry[]>;
  /** A folder with its records and the room in its sectors. */
  folder(path: string): Promise<IsoFolder>;
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
 * The tree of one volume descriptor. Its methods throw OpsError (refused): `iso-invalid`, `iso-truncated`,
 * `iso-file-missing`, `iso-file-too-large`.
 */
export async function openTree(source: ByteSource, volume: Volume, name: string): Promise<Tree> {
  const root: IsoEntry = {
    path: '',
    type: 'directory',
    size: volume.root.extent.size,
    extents: [volume.root.extent],
    records: [volume.root.place],
    continuations: [],
  };
  const skip = volume.kind === 'joliet' ? undefined : await suspSkip(volume.root.extent);

  /**
   * The bytes to leave out of every system use area (SUSP 5.3, "SP"); undefined without Rock Ridge. Old tools leave
   * SP out, so what looks like Rock Ridge is read as such.
   */
  async function suspSkip(extent: Extent): Promise<number | undefined> {
    const first = parseRecord(
      await readExtent(source, { offset: extent.offset, size: sectorSize }, name),
      0,
      extent.offset,
    );
    const use = first?.systemUse ?? new Uint8Array();
    const marked = use[0] === 0x53 && use[1] === 0x50 && use[4] === 0xbe && use[5] === 0xef;
    return marked ? (use[6] ?? 0) : 0;
  }

  async function folder(entry: IsoEntry, budget: Budget): Promise<IsoFolder> {
    const extent = entry.extents[0];
    if (entry.type !== 'directory' || extent === undefined)
      throw refused('iso-file-missing', `/${entry.path} in ${name} is not a folder`);
    const { offset, size } = extent;
    if (size > maximumDirectory)
      throw invalid(
        `the folder /${entry.path} in ${name} claims ${size} bytes`,
        entry.records[0]?.offset ?? 0,
      );
    budget(size, offset);
    const directory = await parseDirectory(await readExtent(source, extent, name), offset, {
      form: volume.form,
      skip,
      read: (area) => {
        budget(area.size, area.offset);
        return readExtent(source, area, name);
      },
    });
    const children: IsoEntry[] = [];
    for (const record of directory.entries) children.push(await entryOf(entry, record, budget));
    return { ...directory, entry, children };
  }

  async function entryOf(parent: IsoEntry, record: DirectoryEntry, budget: Budget): Promise<IsoEntry> {
    const { places, extents, continuations, target, mode, child } = record;
    const own = {
      path: parent.path === '' ? record.name : `${parent.path}/${record.name}`,
      records: places,
      continuations,
      ...(mode === undefined ? {} : { mode }),
    };
    if (child !== undefined) {
      budget(sectorSize, child);
      const extent = await moved(child);
      return { ...own, type: 'directory', size: extent.size, extents: [extent] };
    }
    if (target !== undefined) return { ...own, type: 'symlink', size: 0, extents, target };
    return { ...own, type: record.type, size: extents.reduce((sum, { size }) => sum + size, 0), extents };
  }

  /** The folder that lies elsewhere: its own first record says how long it is. */
  async function moved(offset: number): Promise<Extent> {
    const self = parseRecord(
      await readExtent(source, { offset, size: sectorSize }, name),
      0,
      offset,
      volume.form,
    );
    if (self?.name !== '') throw invalid('a moved folder does not point to a folder', offset);
    return { offset, size: self.extent.size };
  }

  async function find(path: string): Promise<IsoEntry | undefined> {
    const budget = budgetOf(source, name);
    const trail: IsoEntry[] = [root];
    // The next part is the last one.
    const rest = path.split('/').toReversed();
    let links = 0;
    for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
      const here = trail.at(-1) ?? root;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      if (here.type !== 'directory') return undefined;
      const { children } = await folder(here, budget);
      const next = children.find((entry) => baseName(entry.path) === part);
      if (next === undefined) return undefined;
      if (next.type !== 'symlink') {
        trail.push(next);
        continue;
      }
      links += 1;
      if (links > maximumLinks)
        throw invalid(`the links of /${path} in ${name} form a loop`, next.records[0]?.offset ?? 0);
      const target = next.target ?? '';
      if (target.startsWith('/')) trail.splice(1);
      for (const step of target.split('/').reverse()) rest.push(step);
    }
    return trail.at(-1);
  }

  async function file(path: string): Promise<IsoEntry> {
    const entry = await find(path);
    if (entry?.type !== 'file')
      throw refused('iso-file-missing', `${name} has no file /${path.replace(/^\/+/, '')}`);
    return entry;
  }

  async function folderAt(path: string): Promise<IsoFolder> {
    const entry = await find(path);
    if (entry === undefined) throw refused('iso-file-missing', `${name} has no folder /${path}`);
    return folder(entry, budgetOf(source, name));
  }

  return {
    volume,
    rockRidge: skip !== undefined && (await hasRockRidge(source, volume, skip, name)),
    stat: find,
    list: async (path) => [...(await folderAt(path)).children],
    folder: folderAt,
    readFile: async (path, limit = maximumFile) => {
      const entry = await file(path);
      if (entry.size > limit)
        throw refused(
          'iso-file-too-large',
          `/${entry.path} in ${name} has ${entry.size} bytes, expected at most ${limit}`,
        );
      const parts: Uint8Array[] = [];
      for (const extent of entry.extents) parts.push(await readExtent(source, extent, name));
      return Buffer.concat(parts);
    },
    open: async (path) => {
      const entry = await file(path);
      for (const { offset, size } of entry.extents)
        if (offset + size > source.size) await readExtent(source, { offset, size }, name);
      return extentSource(source, entry);
    },
    async *walk() {
      const budget = budgetOf(source, name);
      const seen = new Set<number>();
      const queue: IsoEntry[] = [root];
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const at = next.extents[0]?.offset ?? 0;
        if (seen.has(at)) throw invalid(`the folder /${next.path} in ${name} contains itself`, at);
        seen.add(at);
        const { children } = await folder(next, budget);
        yield* children;
        queue.push(...children.filter((entry) => entry.type === 'directory').toReversed());
      }
    },
  };
}

/** The root's `.` record names an extension (SUSP 5.5, "ER") or carries PX (RRIP 4.1.1). */
async function hasRockRidge(source: ByteSource, volume: Volume, skip: number, name: string) {
  const { offset } = volume.root.extent;
  const self = parseRecord(await readExtent(source, { offset, size: sectorSize }, name), 0, offset);
  const use = Buffer.from(self?.systemUse.subarray(skip) ?? []).toString('latin1');
  return /^SP|RR|PX|CE/.test(use);
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
