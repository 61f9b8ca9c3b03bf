/** The files of an older version on this machine, with the index of each: the one beside it, or made by reading it. */
import { errorCode, messageOf, OpsError } from '../../errors.ts';
import { type BlockIndex, decodeBlockIndex, indexPath, largestIndex } from '../../formats/block-index.ts';
import type { Files, OpenFile } from '../../host/ports.ts';
import { blockIndexOf } from './index-of.ts';

export interface LocalFile {
  readonly path: string;
  readonly file: OpenFile;
  readonly index: BlockIndex;
}

interface Options {
  readonly signal: AbortSignal;
  /** Told of a file or an index that is of no use, and why. */
  readonly say: (line: string) => void;
}

/**
 * Opens those that are of use. An index is believed for a start only, since each piece is compared when it is read; one
 * that is missing (older versions have none), damaged or of another file is made anew. Throws only the reason of
 * `signal`: what is not to be had here is fetched.
 */
export async function openLocalFiles(
  files: Files,
  paths: readonly string[],
  options: Options,
): Promise<LocalFile[]> {
  const opened: LocalFile[] = [];
  try {
    for (const path of paths) {
      const local = await openOne(files, path, options);
      if (local !== undefined) opened.push(local);
    }
    return opened;
  } catch (error) {
    await closeLocalFiles(opened);
    throw error;
  }
}

export async function closeLocalFiles(opened: readonly LocalFile[]): Promise<void> {
  await Promise.allSettled(opened.map(({ file }) => file.close()));
}

async function openOne(files: Files, path: string, options: Options): Promise<LocalFile | undefined> {
  let file: OpenFile | undefined;
  try {
    file = await files.open(path, 'r');
    const index =
      (await indexBeside(files, path, file.size, options)) ?? (await blockIndexOf(file, options.signal));
    return { path, file, index };
  } catch (error) {
    await file?.close();
    options.signal.throwIfAborted();
    if (!isExpected(error)) throw error;
    options.say(`${path} is of no use for the new version: ${messageOf(error)}`);
    return undefined;
  }
}

async function indexBeside(
  files: Files,
  path: string,
  size: number,
  { say }: Options,
): Promise<BlockIndex | undefined> {
  const beside = indexPath(path);
  try {
    const stat = await files.stat(beside);
    if (stat?.type !== 'file' || stat.size > largestIndex) return undefined;
    const index = decodeBlockIndex(await files.read(beside), beside);
    if (index.size === size) return index;
    say(`${beside} describes another file`);
  } catch (error) {
    if (!isExpected(error)) throw error;
    say(messageOf(error));
  }
  return undefined;
}

/** What the file is, or the disk does: an OpsError or a system error, and nothing that would be a bug of ours. */
const isExpected = (error: unknown): boolean => error instanceof OpsError || errorCode(error) !== undefined;
