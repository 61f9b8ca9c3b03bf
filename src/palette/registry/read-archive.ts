/** A pack in an archive, read in one pass: nothing of it is believed, and nothing in it can lead out of its folder. */

import { createHash, type Hash } from 'node:crypto';
import { type OpsError, refused } from '../../errors.ts';
import { tarRanges } from '../../formats/archives/tar.ts';
import { withoutTrailing } from '../../formats/trailing.ts';
import type { Host } from '../../host/ports.ts';
import { unpacked } from '../../media/packed/unpack.ts';
import { type PackContent, type PackEntry, packFiles, textLimit } from '../pack/pack-content.ts';
import { fileBytes } from './file-bytes.ts';
import { ForwardBytes } from './forward-bytes.ts';

const mostEntries = 20_000;
/** Of all files together, unpacked: what a small file expands to must end somewhere. */
const mostBytes = 16 * 1024 ** 3;
const listedFaults = 10;
/** Looked into, so that it can be checked as a folder is. */
const readPath = /^(?:pack\.json|values\.yaml|presets\.yaml|schema\.yaml|logo\.png|manifests\/.*)$/;

export interface ArchiveSink {
  folder(path: string): Promise<void>;
  file(path: string, size: number, pieces: AsyncGenerator<Uint8Array>): Promise<void>;
}

export interface ReadArchive {
  readonly content: PackContent;
  /** Of the archive itself, as its bytes. */
  readonly digest: string;
  readonly size: number;
}

/**
 * The content of the archive at `path`; `sink` is given every file on the way. Throws OpsError (refused) `pack-archive` for
 * what is not one pack in one folder: links, devices, paths with `..`, a second folder beside it; `image-damaged` for
 * what gzip refuses.
 */
export async function readPackArchive(
  host: Host,
  path: string,
  place: string,
  sink?: ArchiveSink,
): Promise<ReadArchive> {
  const file = await host.files.open(path, 'r');
  const hash = createHash('sha256');
  try {
    const packed = hashed(fileBytes(file, 0, file.size), hash);
    const bytes = unpacked(host, { packing: 'gz', name: place, bytes: packed });
    const content = await walk(new ForwardBytes(bytes), place, sink);
    return { content, digest: `sha256:${hash.digest('hex')}`, size: file.size };
  } finally {
    await file.close();
  }
}

async function walk(bytes: ForwardBytes, place: string, sink: ArchiveSink | undefined): Promise<PackContent> {
  const entries = new Map<string, PackEntry>();
  const contents = new Map<string, Uint8Array>();
  const faults: string[] = [];
  let top: string | undefined;
  let total = 0;
  const damaged = (why: string) => notAPack(place, [why]);
  try {
    for await (const { path, type, size, content } of tarRanges(bytes)) {
      // `tar -c ./pack` writes them so.
      const plain = path.replace(/^(?:\.\/+)+/, '');
      if (plain === '' && type === 'directory') continue;
      const parts = withoutTrailing(plain, '/').split('/');
      const [first = '', ...rest] = parts;
      if (faults.length >= listedFaults) break;
      const fault = entryFault(plain, parts, type);
      if (fault !== undefined) {
        faults.push(fault);
        continue;
      }
      top ??= first;
      if (first !== top) {
        faults.push(`${shown(path)} stands beside the folder ${shown(top)}`);
        continue;
      }
      const inside = rest.join('/');
      if (inside === '') {
        if (type !== 'directory') faults.push(`${shown(path)} is a file at the top; a pack is one folder`);
        continue;
      }
      if (entries.get(inside)?.type === 'file' || (entries.has(inside) && type === 'file')) {
        faults.push(`${shown(path)} is in it twice`);
        continue;
      }
      entries.set(inside, { type: type === 'directory' ? 'directory' : 'file', size });
      total += size;
      if (entries.size > mostEntries) throw damaged(`it has more than ${mostEntries} files`);
      if (total > mostBytes)
        throw damaged(`it unpacks to more than ${mostBytes} bytes; leave out what is not of the pack`);
      if (type === 'directory') await sink?.folder(inside);
      else if (readPath.test(inside) && size <= textLimit) {
        const text = Uint8Array.from(await bytes.read(content, size));
        if (text.length < size) throw damaged(`it ends in the middle of ${shown(path)}`);
        contents.set(inside, text);
        await sink?.file(inside, size, once(text));
      } else await sink?.file(inside, size, bytes.pieces(content, size));
    }
    await bytes.drain();
  } catch (error) {
    // In the words of the reader of tar archives.
    if (
      error instanceof Error &&
      /^(?:the archive ends|what stands at byte|the extended header)/.test(error.message)
    )
      throw damaged(error.message);
    throw error;
  }
  if (top === undefined && faults.length === 0) faults.push('it holds nothing');
  if (faults.length > 0) throw notAPack(place, faults);
  if (!entries.has(packFiles.meta)) throw notAPack(place, [`${shown(top ?? '')} has no ${packFiles.meta}`]);
  return { place, folder: top ?? '', entries, contents };
}

function entryFault(path: string, parts: readonly string[], type: string): string | undefined {
  if (path.startsWith('/') || parts.includes('..') || parts.includes('.') || parts.includes(''))
    return `${shown(path)} leads out of the folder, or not straight into it`;
  if (type === 'link') return `${shown(path)} is a link`;
  if (type !== 'file' && type !== 'directory') return `${shown(path)} is neither a file nor a folder`;
  return /[\p{Cc}\\]/u.test(path)
    ? `${shown(path)} has signs in its name that not every system takes`
    : undefined;
}

/** A terminal must not be told anything by an archive. */
const shown = (path: string): string => path.slice(0, 200).replaceAll(/[\p{Cc}\p{Cf}]+/gu, '?');

const notAPack = (place: string, details: readonly string[]): OpsError =>
  refused('pack-archive', `${place} is not the archive of a pack`, {
    details: details.slice(0, listedFaults),
    hint: 'An archive has one folder, with files and folders in it: make it with `opsctl pack build`.',
  });

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* hashed(bytes: AsyncGenerator<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
}
