/**
 * The undo journal beside an ISO that is changed in place (`NAME.iso.opsctl-undo`): a line of JSON, then the bytes
 * that were overwritten. It is on the disk before the first byte of the ISO changes, so that a change that was cut
 * off can be taken back, and stays afterwards for `--undo`. Its format is in docs/remastering.md.
 */
import { refused } from '../../errors.ts';
import { type ByteRange, intersection, joined, type PlacedBytes, rangeOf } from '../../formats/byte-range.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { crc32 } from '../../formats/crc32.ts';
import type { Host } from '../../host/ports.ts';
import { type Patch, type Piece, pieceRange, piecesOf, sizeOf } from '../pieces.ts';

/** Bytes of the image as they were. */
export type Saved = PlacedBytes;

/** One place that changes by a single write, and the checksums (CRC-32) of what may stand there. */
interface Place extends ByteRange {
  readonly before: number;
  readonly between: number | null;
  readonly after: number;
  /** Content: only says whether the change is complete, since a write of it can be cut in the middle. */
  readonly content?: true;
}

export interface Journal {
  /** The image before any change. */
  readonly original: { readonly size: number; readonly saved: readonly Saved[] };
  /** The image before the last change. */
  readonly previous: { readonly size: number; readonly saved: readonly Saved[] };
  readonly newSize: number;
  readonly places: readonly Place[];
}

const journalLimit = 64 * 2 ** 20;
export const journalPath = (iso: string) => `${iso}.opsctl-undo`;

/** What the patch will overwrite, and how to tell later how far it came. */
export async function journalFor(
  source: ByteSource,
  patch: Patch,
  before: Journal | undefined,
): Promise<Journal> {
  const pieces = [...patch.detour.records, ...patch.data, ...patch.tables, ...patch.commit, ...patch.after];
  const previous = await save(source, rangesBelow(source.size, pieces));
  const original =
    before === undefined
      ? previous
      : withOriginals(
          await save(
            source,
            rangesBelow(before.original.size, [...pieces, ...piecesOf(before.original.saved)]),
          ),
          before,
        );
  // What is written over old content comes after the records when those were changed on the way.
  const over =
    patch.method === 'same-room' ? patch.data.filter(({ content }) => content.kind === 'bytes') : [];
  const single = [...patch.tables, ...patch.commit, ...over];
  const places: Place[] = [];
  for (const piece of single) {
    const { offset, content } = piece;
    const between = patch.detour.records.findLast((record) => record.offset === offset)?.content;
    places.push({
      offset,
      length: sizeOf(content),
      before: crc32(await source.read(offset, sizeOf(content))),
      between: between?.kind === 'bytes' ? crc32(between.bytes) : null,
      after: content.kind === 'bytes' ? crc32(content.bytes) : 0,
      ...(over.includes(piece) ? { content: true } : {}),
    });
  }
  return {
    original: { size: before?.original.size ?? source.size, saved: original },
    previous: { size: source.size, saved: previous },
    newSize: patch.newSize,
    places,
  };
}

/** How far the change came that the journal is about; `foreign` when the image is another one by now. */
export async function progressOf(
  journal: Journal,
  source: ByteSource,
): Promise<'done' | 'unfinished' | 'foreign'> {
  let done = source.size === journal.newSize;
  for (const { offset, length, before, between, after, content } of journal.places) {
    const found = crc32(await source.read(offset, length));
    if (found !== after) done = false;
    if (!content && found !== after && found !== before && found !== between) return 'foreign';
  }
  return done ? 'done' : source.size < journal.previous.size ? 'foreign' : 'unfinished';
}

export async function writeJournal(host: Host, iso: string, journal: Journal): Promise<void> {
  const bodies: Uint8Array[] = [];
  const list = (saved: readonly Saved[]) =>
    saved.map(({ offset, bytes }) => {
      const zeros = bytes.every((byte) => byte === 0);
      if (!zeros) bodies.push(bytes);
      return { offset, length: bytes.length, ...(zeros ? { zeros } : {}) };
    });
  const { original, previous, newSize, places } = journal;
  const same =
    JSON.stringify(original.saved.map(({ offset }) => offset)) ===
      JSON.stringify(previous.saved.map(({ offset }) => offset)) &&
    original.size === previous.size &&
    original.saved.every(
      ({ bytes }, index) => Buffer.compare(bytes, previous.saved[index]?.bytes ?? new Uint8Array()) === 0,
    );
  const head = {
    opsctl: 'iso-undo',
    v: 1,
    original: { size: original.size, saved: list(original.saved) },
    previous: same ? null : { size: previous.size, saved: list(previous.saved) },
    newSize,
    places,
  };
  const body = Buffer.concat(bodies);
  const line = JSON.stringify({ ...head, crc32: crc32(body) });
  await host.files.writeAtomic(journalPath(iso), Buffer.concat([Buffer.from(`${line}\n`), body]));
}

/** Undefined without one; throws OpsError `undo-invalid` (refused) for one that cannot be read. */
export async function readJournal(host: Host, iso: string): Promise<Journal | undefined> {
  const path = journalPath(iso);
  const stat = await host.files.stat(path);
  if (stat === undefined) return undefined;
  const invalid = (cause?: unknown) =>
    refused('undo-invalid', `${path} is damaged or was not written by opsctl`, {
      cause,
      hint: 'Remove it to continue without it; the ISO as it is now then counts as the original.',
    });
  if (stat.size > journalLimit) throw invalid();
  const bytes = await host.files.read(path);
  const end = bytes.indexOf(0x0a);
  try {
    const head = JSON.parse(bytes.toString('utf8', 0, end));
    const body = bytes.subarray(end + 1);
    if (head.opsctl !== 'iso-undo' || head.v !== 1 || head.crc32 !== crc32(body)) throw invalid();
    let position = 0;
    const list = (rows: readonly (ByteRange & { readonly zeros?: boolean })[]): Saved[] =>
      rows.map(({ offset, length, zeros }) => {
        if (zeros) return { offset, bytes: new Uint8Array(length) };
        position += length;
        return { offset, bytes: body.subarray(position - length, position) };
      });
    const original = { size: head.original.size, saved: list(head.original.saved) };
    const previous =
      head.previous === null ? original : { size: head.previous.size, saved: list(head.previous.saved) };
    return { original, previous, newSize: head.newSize, places: head.places };
  } catch (error) {
    throw invalid(error);
  }
}

/** Where pieces go, as ranges that do not touch, below `size`: what lies behind is nothing that could be saved. */
const rangesBelow = (size: number, pieces: readonly Piece[]): ByteRange[] =>
  joined(pieces.flatMap((piece) => intersection(pieceRange(piece), { offset: 0, length: size }) ?? []));

async function save(source: ByteSource, ranges: readonly ByteRange[]): Promise<Saved[]> {
  const saved: Saved[] = [];
  for (const { offset, length } of ranges)
    saved.push({ offset, bytes: Uint8Array.from(await source.read(offset, length)) });
  return saved;
}

/** What was saved earlier is what was there at first. */
function withOriginals(saved: readonly Saved[], before: Journal): Saved[] {
  return saved.map(({ offset, bytes }) => {
    const copy = Uint8Array.from(bytes);
    for (const earlier of before.original.saved) {
      const part = intersection({ offset, length: copy.length }, rangeOf(earlier));
      if (part === undefined) continue;
      const start = part.offset - earlier.offset;
      copy.set(earlier.bytes.subarray(start, start + part.length), part.offset - offset);
    }
    return { offset, bytes: copy };
  });
}
