/** The ISO of one machine: which bytes differ from the base, found by the editor of `opsctl iso remaster`. */
import { createHash } from 'node:crypto';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { checkPatched } from '../../iso/edit/check-patch.ts';
import { choose, needsRebuild } from '../../iso/edit/choose.ts';
import { nothingToDo, prepareEdits } from '../../iso/edit/edits.ts';
import { overlaid } from '../../iso/edit/overlay.ts';
import { withContents } from '../../iso/edit/write-pieces.ts';
import type { Image } from '../../iso/image.ts';
import { withImplants } from '../../iso/implanted/implant.ts';
import { finalPieces } from '../../iso/pieces.ts';
import type { MachineRequest } from '../machines/request.ts';
import type { BaseVersion } from './base.ts';
import { flattened, type Spans } from './spans.ts';

export interface PersonalIso {
  /** Strong (RFC 9110, section 8.8.1), in its quotes: of the base and of what lies over it. */
  readonly etag: string;
  readonly size: number;
  readonly spans: Spans;
  readonly baseSize: number;
  /** Versions of the files whose bytes are read while they are sent. */
  readonly versions: ReadonlyMap<string, string>;
}

/**
 * Throws OpsError for what the base does not have or allow, as `opsctl iso remaster` does, and (refused)
 * `iso-needs-rebuild` where it would write the image anew.
 */
export async function personalise(
  host: Host,
  { version, size, base }: BaseVersion,
  image: Image,
  { request, versions }: MachineRequest,
): Promise<PersonalIso> {
  const edits = await prepareEdits(host, image, request);
  if (nothingToDo(edits)) return identified(version, { size, spans: [], baseSize: size, versions });
  const { patch: chosen } = await choose(image, edits).catch((cause) => {
    if (!needsRebuild(cause)) throw cause;
    throw refused('iso-needs-rebuild', `These changes need a rebuild of ${base.shown}`, {
      cause,
      details: [cause.message],
      hint: 'Make an ISO with `opsctl iso remaster --method rebuild`, and serve that.',
    });
  });
  const patch = await withContents(host.files, async (open) => {
    const laid = await withImplants(image, chosen, (pieces, newSize) =>
      overlaid(image.source, pieces, newSize, open),
    );
    await checkPatched(image, overlaid(image.source, finalPieces(laid), laid.newSize, open), edits, laid);
    return laid;
  });
  const spans = flattened(finalPieces(patch));
  return identified(version, { size: patch.newSize, spans, baseSize: size, versions });
}

export function identified(version: string, iso: Omit<PersonalIso, 'etag'>): PersonalIso {
  const hash = createHash('sha256').update(`${version} ${iso.size}\n`);
  for (const { offset, content } of iso.spans)
    if (content.kind === 'bytes') hash.update(`${offset} ${content.bytes.length}\n`).update(content.bytes);
    else {
      const { path, start = 0, size } = content;
      hash.update(`${offset} ${size} ${start} ${path} ${iso.versions.get(path)}\n`);
    }
  return { ...iso, etag: `"${hash.digest('base64url')}"` };
}
