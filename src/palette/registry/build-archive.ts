/** The archive of a pack: the same bytes for the same files, whatever machine makes it. */
import { createHash } from 'node:crypto';
import { createGzip } from 'node:zlib';
import { type ArchiveEntry, tarBytes } from '../../build/archive.ts';
import type { Host } from '../../host/ports.ts';
import { passed } from '../../media/packed/through.ts';
import { writeWholeFile } from '../../operation/whole-file.ts';
import { edited } from '../edits.ts';
import { parseJson } from '../json/parse-json.ts';
import { type PackContent, packFiles } from '../pack/pack-content.ts';

export interface BuiltArchive {
  readonly path: string;
  readonly title: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

export interface PackName {
  readonly name: string;
  readonly version: string;
}

/** `NAME-VERSION.tar.gz` */
export const archiveTitle = ({ name, version }: PackName): string => `${name}-${version}.tar.gz`;

/**
 * Packs the files of `folder` into `output`, which gets its name when it is on the disk. With a message, pack.json says it as
 * `commit_msg`. Throws what reading and writing do.
 */
export async function buildArchive(
  { files }: Pick<Host, 'files'>,
  source: { readonly content: PackContent; readonly folder: string; readonly message?: string | undefined },
  pack: PackName,
  output: string,
): Promise<BuiltArchive> {
  const hash = createHash('sha256');
  let size = 0;
  await writeWholeFile({ files }, output, async (file) => {
    for await (const piece of gzipped(tarBytes(files, entriesOf(source, pack), 0))) {
      hash.update(piece);
      await file.write(size, piece);
      size += piece.length;
    }
  });
  return { path: output, title: archiveTitle(pack), digest: `sha256:${hash.digest('hex')}`, size };
}

/** One folder at the top, then what is in it, in the order of the bytes of the names. */
function entriesOf(
  { content, folder, message }: Parameters<typeof buildArchive>[1],
  { name, version }: PackName,
): readonly ArchiveEntry[] {
  const top = `${name}-${version}`;
  const paths = [...content.entries.keys()].toSorted((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  return [
    { path: top, mode: 0o755, folder: true },
    ...paths.map((path): ArchiveEntry => {
      const inside = `${top}/${path}`;
      if (content.entries.get(path)?.type === 'directory') return { path: inside, mode: 0o755, folder: true };
      if (path === packFiles.meta && message !== undefined) {
        const text = Buffer.from(content.contents.get(path) ?? []).toString('utf8');
        return { path: inside, mode: 0o644, text: withMessage(text, message) };
      }
      return { path: inside, mode: 0o644, file: `${folder}/${path}` };
    }),
  ];
}

const blanksAtEnd = (text: string): string =>
  text.slice(Math.max(text.trimEnd().length, text.lastIndexOf('\n') + 1));

/** A pack.json that says why it replaces another; everything else stays as it is written. */
export function withMessage(text: string, message: string): string {
  const { root } = parseJson(text);
  if (root?.kind !== 'map') return text;
  const written = JSON.stringify(message);
  const before = root.entries.get('commit_msg')?.value;
  if (before !== undefined)
    return edited(text, [{ offset: before.offset, length: before.end - before.offset, text: written }]);
  const last = [...root.entries.values()].at(-1);
  const indent = last === undefined ? '  ' : blanksAtEnd(text.slice(0, last.keyOffset));
  const line = text.slice(0, last?.keyOffset ?? root.offset + 1).endsWith(`\n${indent}`)
    ? `\n${indent}`
    : ' ';
  const comma = last === undefined ? '' : ',';
  const offset = last?.value.end ?? root.offset + 1;
  return edited(text, [{ offset, length: 0, text: `${comma}${line}"commit_msg": ${written}` }]);
}

/** Where the system that packed is named (RFC 1952, section 2.3); 255 is an unknown one. */
const systemOffset = 9;

async function* gzipped(bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGzip({ level: 6 });
  let first = true;
  for await (const piece of passed({ input: stream, output: stream }, bytes)) {
    // The header comes in one piece.
    if (first && piece.length > systemOffset) piece[systemOffset] = 255;
    first = false;
    yield piece;
  }
}
