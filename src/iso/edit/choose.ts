/** Chooses the cheapest sound way to make changes, and says why: same room, then unused room, then behind the end. */
import { OpsError, refused } from '../../errors.ts';
import type { Image } from '../image.ts';
import { type Patch, type PatchMethod, sizeOf } from '../pieces.ts';
import { unusedRooms } from './free-room.ts';
import { atEnd, type Edits, inRoom, refuseBootImages, Unfit } from './patch-plan.ts';
import { inSameRoom } from './same-room.ts';

export interface Choice {
  readonly patch: Patch;
  /** A sentence: why it is this way. */
  readonly reason: string;
}

/** What is overwritten goes into the undo journal, which is kept in memory. */
const largestOverwrite = 16 * 2 ** 20;

/**
 * Throws OpsError (refused) `iso-method-unfit` when the method that is asked for does not work, `iso-boot-image`,
 * and what changing a tree throws.
 */
export async function choose(image: Image, edits: Edits, forced?: PatchMethod): Promise<Choice> {
  await refuseBootImages(image, edits);
  const reasons: string[] = [];
  for (const method of ['same-room', 'padding', 'append'] as const) {
    if (forced !== undefined && forced !== method) continue;
    try {
      const patch = await patchBy(image, edits, method, forced === method);
      return { patch, reason: forced === undefined ? sentence(patch, reasons) : 'Chosen with --method.' };
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      reasons.push(error.message);
    }
  }
  throw refused('iso-method-unfit', `${forced ?? 'No method'} does not work here: ${reasons.join('; ')}`, {
    hint: 'Leave --method out to use the cheapest method that works.',
  });
}

async function patchBy(image: Image, edits: Edits, method: PatchMethod, forced: boolean): Promise<Patch> {
  if (method === 'append') return atEnd(image, edits);
  if (method === 'same-room') {
    const contents = edits.files.flatMap(({ content }) => (content === undefined ? [] : [sizeOf(content)]));
    // Several files cannot be exchanged in one moment where they lie.
    if (!forced && contents.length > 1) throw new Unfit(`${contents.length} files change together`);
    if (contents.some((size) => size > largestOverwrite))
      throw new Unfit('what would be overwritten is too large for the undo journal');
    return inSameRoom(image, edits);
  }
  // Nearest to the files first: a partition that shows the ISO ends there.
  const reasons: string[] = [];
  for (const room of await unusedRooms(image)) {
    try {
      return await inRoom(image, edits, room);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      reasons.push(error.message);
    }
  }
  throw new Unfit(reasons.at(-1) ?? 'the image has no unused space');
}

const ways = {
  'same-room': 'the new content fits in place of the old',
  padding: 'the image has unused space for it',
  append: 'it goes after the end, and the partition tables are updated',
} as const satisfies Record<PatchMethod, string>;

function sentence({ method }: Patch, reasons: readonly string[]): string {
  const text = [...reasons, ways[method]].join('; ');
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

/** Errors after which writing the image anew is the way left. */
export const needsRebuild = (error: unknown): boolean =>
  error instanceof OpsError && ['iso-name', 'iso-boot-image'].includes(error.code);
