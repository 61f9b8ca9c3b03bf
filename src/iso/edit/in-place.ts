/**
 * Changes an ISO where it lies. The undo journal comes first, then each stage of the patch, on the disk before the
 * next one begins; at any moment a reader sees the old image or the new one. What fails is taken back.
 */
import { OpsError, refused } from '../../errors.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import type { Image } from '../image.ts';
import { finalPieces, type Patch, type Piece } from '../pieces.ts';
import { checkPatched } from './check-patch.ts';
import {
  type Journal,
  journalFor,
  journalPath,
  progressOf,
  readJournal,
  type Saved,
  writeJournal,
} from './journal.ts';
import { overlaid } from './overlay.ts';
import type { Edits } from './patch-plan.ts';
import { comparePieces, withContents, writePieces } from './write-pieces.ts';

export interface Work {
  readonly host: Host;
  readonly iso: string;
  readonly file: OpenFile;
  readonly signal?: AbortSignal;
}

/** Throws OpsError: (refused) before anything is written, (undone) afterwards, (broken) when it cannot be taken back. */
export async function patchInPlace(
  work: Work,
  image: Image,
  edits: Edits,
  patch: Patch,
  before: Journal | undefined,
): Promise<void> {
  const { host, iso, file, signal } = work;
  await withContents(host.files, async (open) => {
    await checkPatched(image, overlaid(image.source, finalPieces(patch), patch.newSize, open), edits, patch);
    await requireRoom(host, iso, patch);
    const journal = await journalFor(file, patch, before);
    await writeJournal(host, iso, journal).catch((cause: unknown) => {
      throw refused('iso-undo-unwritable', `${journalPath(iso)} cannot be written`, {
        cause,
        hint: 'Free some space or get permission to write beside the ISO, or use -o to write a new file.',
      });
    });
    try {
      const { detour, data, tables, commit, after } = patch;
      for (const stage of [detour.data, detour.records, data, tables, commit, after]) {
        if (stage.length === 0 || (stage === commit && isSame(commit, detour.records))) continue;
        signal?.throwIfAborted();
        await writePieces(file, stage, open, stage === commit || stage === after ? undefined : signal);
        await file.sync();
      }
      if (file.size > patch.newSize || file.size < patch.newSize) await host.files.resize(iso, patch.newSize);
      await comparePieces(file, finalPieces(patch), open);
    } catch (error) {
      await takeBack(work, journal, before, error);
    }
  });
}

/** The way was the end: the records say already what they are to say. */
const isSame = (a: readonly Piece[], b: readonly Piece[]) =>
  a.every(({ offset, content }) =>
    b.some(
      (piece) =>
        piece.offset === offset &&
        content.kind === 'bytes' &&
        piece.content.kind === 'bytes' &&
        Buffer.compare(piece.content.bytes, content.bytes) === 0,
    ),
  );

/** Room for what the ISO grows by, and for the journal. */
async function requireRoom(host: Host, iso: string, patch: Patch): Promise<void> {
  const wanted = Math.max(patch.newSize, patch.detour.size) - patch.oldSize + 2 ** 16;
  const free = await host.files.freeSpace(iso);
  if (free < wanted)
    throw refused(
      'iso-no-room',
      `The file system of ${iso} has ${free} bytes free, but ${wanted} are needed`,
      {
        hint: 'Free some space there, or use -o to write a new file elsewhere.',
      },
    );
}

async function takeBack(
  work: Work,
  journal: Journal,
  before: Journal | undefined,
  cause: unknown,
): Promise<never> {
  try {
    await restore(work, journal.previous);
    await settle(work, before);
  } catch (second) {
    throw new OpsError(
      'broken',
      'iso-half-changed',
      `Changing ${work.iso} failed, and so did undoing the change`,
      {
        cause: second,
        hint: `\`opsctl iso remaster ${work.iso} --undo\` puts the original bytes back once the disk can be written.`,
        details: [String(cause)],
      },
    );
  }
  if (cause instanceof OpsError || work.signal?.aborted) throw cause;
  throw new OpsError('undone', 'iso-write-failed', `${work.iso} could not be written: ${String(cause)}`, {
    cause,
    hint: 'The ISO is as it was before.',
  });
}

async function restore(
  { host, iso, file }: Work,
  to: { size: number; saved: readonly Saved[] },
): Promise<void> {
  for (const { offset, bytes } of to.saved) await file.write(offset, bytes);
  await file.sync();
  await host.files.resize(iso, to.size);
}

/** The journal that belongs to the image as it is again. */
async function settle({ host, iso }: Work, before: Journal | undefined): Promise<void> {
  if (before === undefined) await host.files.remove(journalPath(iso));
  else await writeJournal(host, iso, before);
}

/**
 * What the journal beside an ISO says, once a change that was cut off has been taken back. `recovered` tells that
 * this was so.
 */
export async function recover(work: Work): Promise<{ journal: Journal | undefined; recovered: boolean }> {
  const journal = await readJournal(work.host, work.iso);
  if (journal === undefined) return { journal: undefined, recovered: false };
  const progress = await progressOf(journal, work.file);
  if (progress === 'done') return { journal, recovered: false };
  // Another ISO has taken the name: the journal says nothing about it.
  if (progress === 'foreign') return { journal: undefined, recovered: false };
  await restore(work, journal.previous);
  const { original, previous } = journal;
  const rest =
    original === previous ? undefined : { original, previous: original, newSize: previous.size, places: [] };
  await settle(work, rest);
  return { journal: rest, recovered: true };
}

/** Puts the original bytes back. Throws OpsError (refused) `undo-nothing`, `undo-foreign`, `undo-invalid`. */
export async function undo(work: Work): Promise<void> {
  const journal = await readJournal(work.host, work.iso);
  if (journal === undefined)
    throw refused('undo-nothing', `Nothing to undo: ${journalPath(work.iso)} does not exist`, {
      hint: 'Only changes in place can be undone; with -o the old ISO is still there.',
    });
  if ((await progressOf(journal, work.file)) === 'foreign')
    throw refused('undo-foreign', `${work.iso} is not the image that ${journalPath(work.iso)} belongs to`, {
      hint: 'It was replaced or changed by something else since: remove the journal.',
    });
  await restore(work, journal.original);
  for (const { offset, bytes } of journal.original.saved)
    if (Buffer.compare(await work.file.read(offset, bytes.length), bytes) !== 0)
      throw new OpsError(
        'broken',
        'iso-read-back',
        `${work.iso} did not read back as written from byte ${offset} on`,
        {
          hint: 'The disk may be failing: undo once more, or copy the ISO again.',
        },
      );
  await work.host.files.remove(journalPath(work.iso));
}
