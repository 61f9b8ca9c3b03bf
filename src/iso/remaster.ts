/** `opsctl iso remaster` as a recipe: look, plan, check, write, read back. */
import { type OpsError, refused } from '../errors.ts';
import { withLock } from '../host/lock.ts';
import { refuseAttached } from '../host/loop-attached.ts';
import { requireOutputFile } from '../host/output-place.ts';
import type { Host, OpenFile } from '../host/ports.ts';
import { notThere, whyNamed } from '../host/system-error.ts';
import { checkPatched } from './edit/check-patch.ts';
import { choose, needsRebuild } from './edit/choose.ts';
import { nothingToDo, type PreparedEdits, prepareEdits } from './edit/edits.ts';
import { refuseHidden } from './edit/hidden.ts';
import { patchInPlace, recover, undo, type Work } from './edit/in-place.ts';
import { overlaid } from './edit/overlay.ts';
import { patchToFile, patchToSink } from './edit/to-file.ts';
import { withContents } from './edit/write-pieces.ts';
import { type Image, openImage } from './image.ts';
import { withImplants } from './implanted/implant.ts';
import { changedFiles, type RemasterJob, type RemasterResult } from './job.ts';
import { bytesWritten, finalPieces, type Method, type Patch, type PatchMethod } from './pieces.ts';

/** Throws OpsError; the ISO is then as it was, but for kind `broken`. */
export async function remaster(given: RemasterJob): Promise<RemasterResult> {
  const { host, output, dryRun = false } = given;
  const iso = await requireFile(host, given.iso);
  const job = { ...given, iso };
  const inPlace = output === undefined && !dryRun;
  if (typeof output === 'string') await requireNewName(host, iso, output);
  if (!inPlace) return withImage(host, iso, 'r', (file) => remasterOpen(job, file));
  await refuseAttached(host, iso, 'iso-in-use', ', or use -o to write a new file');
  return locked(host, iso, () => withImage(host, iso, 'r+', (file) => remasterOpen(job, file)));
}

/** Puts the original bytes back, as the journal beside the ISO has them. */
export async function undoRemaster(host: Host, given: string, signal?: AbortSignal): Promise<void> {
  const iso = await requireFile(host, given);
  await refuseAttached(host, iso, 'iso-in-use', ', or use -o to write a new file');
  await locked(host, iso, () => withImage(host, iso, 'r+', (file) => undo(workOf(host, iso, file, signal))));
}

async function remasterOpen(job: RemasterJob, file: OpenFile, again = false): Promise<RemasterResult> {
  const { host, iso, output, dryRun = false, signal } = job;
  const work = workOf(host, iso, file, signal);
  const inPlace = output === undefined && !dryRun;
  const { journal, recovered } = inPlace ? await recover(work) : { journal: undefined, recovered: false };
  // Opened anew: taking it back has changed the size, too.
  if (recovered) return withImage(host, iso, 'r+', (restored) => remasterOpen(job, restored, true));
  const image = await openImage(file, iso);
  await refuseHidden(image, iso);
  const request = typeof job.request === 'function' ? await job.request(image) : job.request;
  const edits = await prepareEdits(host, image, request);
  const notes = [
    ...(again ? ['An earlier change had been interrupted; it was undone first.'] : []),
    ...edits.notes,
  ];
  if (nothingToDo(edits))
    throw refused('iso-nothing-to-do', `Nothing to do: ${iso} already has these changes`);
  const planned = await wayFor(image, edits, request.method);
  if (!('patch' in planned)) {
    const { rebuild } = await import('./rebuild/rebuild.ts');
    const rebuildHost = (await job.rebuildHost?.()) ?? host;
    return rebuild({ ...job, host: rebuildHost }, image, edits, { ...planned, notes });
  }
  const { reason } = planned;
  const patch = await withContents(host.files, (open) =>
    withImplants(image, planned.patch, (pieces, size) => overlaid(image.source, pieces, size, open), signal),
  );
  if (dryRun) {
    await withContents(host.files, async (open) => {
      const looked = overlaid(image.source, finalPieces(patch), patch.newSize, open);
      await checkPatched(image, looked, edits, patch);
    });
  } else {
    if (output === undefined) await patchInPlace(work, image, edits, patch, journal);
    else if (typeof output === 'string')
      await patchToFile({ host, iso, source: file, output, ...signalOf(signal) }, image, edits, patch);
    else await patchToSink({ host, source: file, ...signalOf(signal) }, image, edits, patch, output.sink);
  }
  return resultOf(job, edits, patch, reason, notes);
}

type Planned =
  | { readonly patch: Patch; readonly reason: string }
  | { readonly method: 'rebuild' | 'grub-mkrescue'; readonly reason: string };

async function wayFor(image: Image, edits: PreparedEdits, method: Method | undefined): Promise<Planned> {
  if (method === 'rebuild' || method === 'grub-mkrescue') return { method, reason: 'Chosen with --method.' };
  try {
    return await choose(image, edits, method satisfies PatchMethod | undefined);
  } catch (error) {
    if (method !== undefined || !needsRebuild(error)) throw error;
    return {
      method: 'rebuild',
      reason: `The image cannot be patched. ${(error as OpsError).message}.`,
    };
  }
}

function resultOf(
  { iso, output }: RemasterJob,
  edits: PreparedEdits,
  patch: Patch,
  reason: string,
  notes: readonly string[],
): RemasterResult {
  return {
    iso: typeof output === 'string' ? output : iso,
    method: patch.method,
    reason,
    files: changedFiles(edits),
    oldSize: patch.oldSize,
    newSize: patch.newSize,
    written: output === undefined ? bytesWritten(patch) : patch.newSize,
    notes: [...notes, ...patch.notes],
  };
}

const signalOf = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });
const workOf = (host: Host, iso: string, file: OpenFile, signal: AbortSignal | undefined): Work => ({
  ...{ host, iso, file },
  ...signalOf(signal),
});

/** Its path without links. */
async function requireFile(host: Host, iso: string): Promise<string> {
  const path = await host.files.realPath(iso).catch(() => iso);
  const stat = await host.files.stat(path);
  if (stat === undefined) throw notThere('iso-missing', iso);
  if (stat.type !== 'file')
    throw refused('iso-not-a-file', `${iso} is not a file`, {
      hint: 'Remaster the ISO file, then write it to the stick.',
    });
  return path;
}

async function requireNewName(host: Host, iso: string, output: string): Promise<void> {
  const isItself =
    (await host.files.exists(output)) &&
    (await host.files.realPath(output)) === (await host.files.realPath(iso));
  await requireOutputFile(host, output, {
    ...{ force: false, code: 'iso-output-exists' },
    hint: isItself ? 'Leave -o out to change the ISO itself.' : 'Remove it first, or choose another name.',
  });
}

async function withImage<T>(
  host: Host,
  iso: string,
  flags: 'r' | 'r+',
  use: (file: OpenFile) => Promise<T>,
): Promise<T> {
  let file: OpenFile;
  try {
    // Nothing stops root: what has no permission to be written by anybody is meant to stay.
    const mode = (await host.files.stat(iso))?.mode ?? 0;
    if (flags === 'r+' && (mode & 0o222) === 0)
      throw Object.assign(new Error('read-only'), { code: 'EACCES' });
    file = await host.files.open(iso, flags);
  } catch (cause) {
    throw refused(
      flags === 'r' ? 'iso-unreadable' : 'iso-read-only',
      `${iso} cannot be ${flags === 'r' ? 'read' : 'written'}: ${whyNamed(cause)}`,
      {
        cause,
        hint: flags === 'r' ? 'Check its permissions.' : 'Use -o to write a new file, or make it writable.',
      },
    );
  }
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

const noLinks: readonly string[] = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];

async function locked<T>(host: Host, iso: string, work: () => Promise<T>): Promise<T> {
  const path = `${iso}.opsctl-lock`;
  try {
    return await withLock(
      host,
      {
        path,
        busy: (owner) =>
          refused('iso-busy', `Process ${owner} is changing ${iso}`, { hint: 'Wait until it has ended.' }),
      },
      work,
    );
  } catch (error) {
    const { code = '', syscall } = error as NodeJS.ErrnoException;
    if (syscall !== 'symlink') throw error;
    // FAT and Windows have no links for everybody; one person's stick needs no lock.
    if (noLinks.includes(code)) return work();
    throw refused('iso-undo-unwritable', `The folder of ${iso} cannot be written: ${whyNamed(error)}`, {
      cause: error,
      hint: 'The undo journal goes beside the ISO. Use -o to write a new file elsewhere.',
    });
  }
}
