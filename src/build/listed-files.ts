/** What the manifest says of a file that is in place; a squashfs gets the index of its blocks beside it, listed too. */
import { encodeBlockIndex, indexPath } from '../formats/block-index.ts';
import { sha256File } from '../host/digest.ts';
import type { Files } from '../host/ports.ts';
import { blockIndexOf } from '../media/delta/index-of.ts';
import type { ManifestFile } from '../media/manifest.ts';

/** `path` is below `tree`. */
export async function listedFiles(
  files: Files,
  tree: string,
  path: string,
  signal: AbortSignal,
): Promise<ManifestFile[]> {
  const file = await entryOf(files, tree, path);
  if (!path.endsWith('.squashfs')) return [file];
  await writeIndex(files, `${tree}/${path}`, signal);
  return [file, await entryOf(files, tree, indexPath(path))];
}

async function entryOf(files: Files, tree: string, path: string): Promise<ManifestFile> {
  const size = (await files.stat(`${tree}/${path}`))?.size ?? 0;
  return { path, size, sha256: await sha256File(files, `${tree}/${path}`) };
}

async function writeIndex(files: Files, squashfs: string, signal: AbortSignal): Promise<void> {
  const source = await files.open(squashfs, 'r');
  try {
    const index = encodeBlockIndex(await blockIndexOf(source, signal));
    await files.write(indexPath(squashfs), index, { mode: 0o644 });
  } finally {
    await source.close();
  }
}
