/**
 * Writes an ISO anew, where changing it is not enough: by xorriso, which takes over the boot loaders, signed ones
 * too, or by grub-mkrescue, the documented recipe. The only part of remastering that starts programs.
 */

import { messageOf, OpsError, refused } from '../../errors.ts';
import { backupMisplaced, growTables } from '../../formats/iso9660/edit/grow-tables.ts';
import type { Files, Host } from '../../host/ports.ts';
import { makeWorkFolder } from '../../host/work-folder.ts';
import { withTemporary } from '../../operation/outcome.ts';
import type { PreparedEdits } from '../edit/edits.ts';
import { udfNote } from '../edit/patch-plan.ts';
import { type Image, openImage } from '../image.ts';
import { implantAnew } from '../implanted/implant.ts';
import { changedFiles, type RemasterJob, type RemasterResult } from '../job.ts';
import { checkRebuilt } from './check.ts';
import { withGrubMkrescue } from './grub.ts';
import { sourceTree } from './names.ts';
import { withXorriso } from './xorriso.ts';

export interface RebuildWay {
  readonly method: 'rebuild' | 'grub-mkrescue';
  readonly reason: string;
  readonly notes: readonly string[];
}

/** Throws OpsError `tool-missing`, `grub-modules-missing` (refused), `iso-rebuild-broken` (undone). */
export async function rebuild(
  job: RemasterJob,
  image: Image,
  edits: PreparedEdits,
  way: RebuildWay,
): Promise<RemasterResult> {
  const { host, iso, output, dryRun = false, signal } = job;
  const result = (newSize: number, more: readonly string[] = []): RemasterResult => ({
    ...{ iso: typeof output === 'string' ? output : iso, method: way.method, reason: way.reason },
    ...{ files: changedFiles(edits), oldSize: image.source.size, newSize, written: newSize },
    notes: [
      ...way.notes,
      ...more,
      ...(image.udf === undefined ? [] : [udfNote]),
      ...(way.method === 'rebuild' && namesOfPlain(image) ? [plainNamesNote] : []),
      ...(output === undefined ? ['The image was rebuilt: --undo cannot restore the old one.'] : []),
    ],
  });
  if (way.method === 'rebuild') await refuseWithoutBoot(image, edits);
  if (dryRun) return result(image.source.size);
  const place = typeof output === 'string' ? output : iso;
  const target = `${place}.opsctl-part`;
  const folder = await makeWorkFolder(host, 'iso');
  const temporary = (path: string) => ({
    what: path,
    remove: () => host.files.remove(path),
    cleanupFailed: 'The new image is complete; remove that by hand.',
  });
  return withTemporary(temporary(folder), () => withTemporary(temporary(target), write));

  async function write(): Promise<RemasterResult> {
    try {
      return await written();
    } catch (error) {
      if (error instanceof OpsError || signal?.aborted) throw error;
      const message = `the image could not be written anew: ${messageOf(error)}`;
      const options = { cause: error, hint: 'The old image is untouched.' };
      throw new OpsError('undone', 'iso-rebuild-failed', message, options);
    }
  }

  async function written(): Promise<RemasterResult> {
    await host.files.remove(target);
    const input = {
      host,
      iso,
      image,
      edits,
      folder,
      target,
      date: dateOf(host, image),
      ...(signal && { signal }),
    };
    await (way.method === 'rebuild' ? withXorriso(input) : withGrubMkrescue(input));
    const { size, notes } = await finished(host.files, target, image, edits, signal);
    await checkRebuilt(host, image, edits, target, way.method);
    if (typeof output === 'object') await copyOut(host.files, target, output.sink);
    else await host.files.rename(target, place);
    return result(size, notes);
  }
}

/** Whether the tree of ISO 9660:1999 gets the names of the plain one, which xorriso goes by without Rock Ridge and Joliet. */
const namesOfPlain = (image: Image): boolean =>
  !image.iso.rockRidge &&
  sourceTree(image) === image.iso &&
  image.trees.some(({ volume }) => volume.kind === 'enhanced');

const plainNamesNote =
  'The names in the ISO 9660:1999 tree are now those that Linux shows of this image: in lower case, shortened where the old ones were.';

/** Throws `iso-boot-image` (refused) when what the firmware boots would be gone, with nothing in its place. */
async function refuseWithoutBoot(image: Image, edits: PreparedEdits): Promise<void> {
  const removed = edits.files.filter(({ content, link }) => content === undefined && link === undefined);
  if (removed.length === 0) return;
  for (const { what, of: path, offset } of await image.used()) {
    if (what !== 'file' || !image.bootImages.includes(offset)) continue;
    if (edits.files.some((file) => file.path === path && file.content !== undefined)) continue;
    if (removed.some((file) => path === file.path || path.startsWith(`${file.path}/`)))
      throw refused('iso-boot-image', `/${path} is what the firmware boots: it cannot be removed`, {
        hint: 'Replace it: give --add with another boot loader as well.',
      });
  }
}

function dateOf({ system }: Host, { iso }: Image): number {
  const given = Number(system.env.SOURCE_DATE_EPOCH ?? '');
  if (given > 0) return given;
  const made = Date.parse(`${iso.descriptors.primary.created ?? ''}Z`.replace(/\.\d+.*Z$/, 'Z'));
  return Number.isNaN(made) ? 0 : Math.floor(made / 1000);
}

/** On the disk, with the GPT's second copy at the end: xorriso leaves padding behind it; and with its checksums. */
async function finished(
  files: Files,
  path: string,
  before: Image,
  { efiAgain }: PreparedEdits,
  signal: AbortSignal | undefined,
): Promise<{ size: number; notes: string[] }> {
  const file = await files.open(path, 'r+');
  try {
    if (await backupMisplaced(file)) {
      const { backup, tables, after } = await growTables(file, file.size);
      for (const { offset, bytes } of [...backup, ...tables, ...after]) await file.write(offset, bytes);
    }
    if (efiAgain !== undefined) {
      const { pieces } = await efiAgain(await openImage(file, path));
      for (const { offset, bytes } of pieces) await file.write(offset, bytes);
    }
    const notes = await implantAnew(file, before, signal);
    await file.sync();
    return { size: file.size, notes };
  } finally {
    await file.close();
  }
}

const pieceSize = 2 ** 20;

async function copyOut(
  files: Files,
  path: string,
  sink: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const file = await files.open(path, 'r');
  try {
    for (let offset = 0; offset < file.size; offset += pieceSize)
      await sink(await file.read(offset, pieceSize));
  } finally {
    await file.close();
  }
}
