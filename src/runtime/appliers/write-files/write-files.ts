/**
 * write_files: each file is put beside its place and then moved there, whole and with its owner and mode; one that
 * is as it should be is not touched. Entries are independent of each other.
 */
import { basename, dirname } from 'node:path';
import { readBootFacts } from '../../../boot/boot-facts.ts';
import { decodeContent } from '../../../config/checks/file-content.ts';
import { modeBits } from '../../../config/checks/file-modes.ts';
import type { KeyValue } from '../../../config/keys/keys.ts';
import { errorCode } from '../../../errors.ts';
import { openFolderInRoot } from '../../../host/folder-in-root.ts';
import { mountPoints } from '../../boot/mount-points.ts';
import { findOwner } from '../accounts.ts';
import type { ApplyContext } from '../applier.ts';
import { applier, throwAll } from '../applier.ts';
import { withAdded } from './added-content.ts';
import { resolveInRoot } from './root-path.ts';
import type { PlaceFacts } from './write-places.ts';
import { placeOf } from './write-places.ts';

type Entries = KeyValue<'write_files'>;
type Entry = Entries[number];

const isAdded = ({ append }: Entry): boolean => append === 'true';

/** Where an entry goes: a path without links. */
interface Target {
  readonly path: string;
  readonly kind: 'write' | 'in-place' | 'later';
}

const superuser = { uid: 0, gid: 0 } as const;
const defaultMode = 0o644;

export const writeFilesApplier = applier({
  key: 'write_files',
  apply: async (context, entries) => {
    const facts = await placeFacts(context);
    const faults: string[] = [];
    /** Runs `action`; what it throws becomes a fault that names the entry. */
    const attempt = async (entry: Entry, action: () => Promise<void>) => {
      try {
        await action();
      } catch (error) {
        faults.push(`${entry.path}: ${explain(error)}`);
      }
    };
    const wanted = new Map<string, { readonly entries: Entries; readonly target: Target }>();
    for (const entry of entries) {
      await attempt(entry, async () => {
        const target = await findTarget(context, facts, entry.path);
        // Of two entries for one place the later wins, or adds to the earlier, and is written in its turn.
        const earlier = isAdded(entry) ? (wanted.get(target.path)?.entries ?? []) : [];
        wanted.delete(target.path);
        wanted.set(target.path, { entries: [...earlier, entry], target });
      });
    }
    for (const { entries: all, target } of wanted.values()) {
      const entry = all.at(-1);
      if (entry === undefined) continue;
      if (target.kind === 'later')
        context.log?.(`${entry.path} is written in the boot phase: its file system is not mounted yet`);
      else if (target.kind === 'in-place')
        await attempt(entry, () => writeInPlace(context, entry, target.path));
      else await attempt(entry, () => replaceFile(context, all, target.path));
    }
    throwAll(faults);
  },
});

async function placeFacts({ host, phase, path }: ApplyContext): Promise<PlaceFacts> {
  const root = path('/');
  const [{ state }, mounts] = await Promise.all([readBootFacts(host, root), mountPoints(host, root)]);
  return { phase, hasState: state !== '', mounts };
}

/**
 * A link in the last place is followed, as /etc/resolv.conf is. One that leads to what cannot be written, such as
 * /etc/localtime or a unit that is switched off by a link to /dev/null, gives way to the file.
 */
async function findTarget({ host, path }: ApplyContext, facts: PlaceFacts, wanted: string): Promise<Target> {
  const { path: resolved, stat, link } = await resolveInRoot(host.files, path('/'), wanted, host.system.uid);
  const place = placeOf(resolved, facts);
  if (link !== undefined && (place.kind === 'read-only' || resolved === '/dev/null')) {
    const linkPlace = placeOf(link, facts);
    if (linkPlace.kind === 'write' || linkPlace.kind === 'later') return { path: link, kind: linkPlace.kind };
  }
  if ('why' in place)
    throw new Error(resolved === wanted ? place.why : `it is ${resolved}, and ${place.why}`);
  if (stat?.type === 'directory') throw new Error('there is a folder with that name');
  if (stat !== undefined && stat.type !== 'file') throw new Error(`${resolved} is not a regular file`);
  if (stat === undefined && place.kind === 'in-place') throw new Error('the kernel has no such file');
  return { path: resolved, kind: place.kind };
}

/** Owner and mode of such a file are the kernel's business. */
async function writeInPlace({ host, path }: ApplyContext, entry: Entry, target: string): Promise<void> {
  await host.files.write(path(target), await contentOf(entry));
}

/** With what all of its entries say: the first may replace, the others add. */
async function replaceFile({ host, path }: ApplyContext, entries: Entries, target: string): Promise<void> {
  const { files } = host;
  const contents = await Promise.all(entries.map(contentOf));
  const adds = entries[0] !== undefined && isAdded(entries[0]);
  const givenOwner = entries.findLast((entry) => entry.owner)?.owner;
  const givenMode = entries.findLast((entry) => entry.permissions)?.permissions;
  const folder = await openFolderInRoot(files, path('/'), dirname(target));
  try {
    const file = `${folder.path}/${basename(target)}`;
    const there = await files.stat(file);
    const kept = adds && there?.type === 'file' ? there : undefined;
    const owner = givenOwner ? await findOwner(host, path('/'), givenOwner) : (kept ?? superuser);
    const mode = givenMode ? modeBits(givenMode) : (kept?.mode ?? defaultMode);
    const content = adds
      ? withAdded(kept === undefined ? Buffer.alloc(0) : await files.read(file), contents)
      : Buffer.concat(contents);
    const isSame =
      there?.type === 'file' &&
      there.size === content.length &&
      there.mode === mode &&
      there.uid === owner.uid &&
      there.gid === owner.gid &&
      (await files.read(file)).equals(content);
    if (!isSame) await files.writeAtomic(file, content, { mode, owner: { uid: owner.uid, gid: owner.gid } });
  } finally {
    await folder.close();
  }
}

const contentOf = ({ content = '', encoding = '' }: Entry): Promise<Uint8Array> =>
  decodeContent(content, encoding);

const reasons: Readonly<Record<string, string>> = {
  EROFS: 'its file system is read-only',
  ENOSPC: 'there is no space left',
  EISDIR: 'there is a folder with that name',
  ENAMETOOLONG: 'the name is too long',
  // What was a folder when the path was looked at.
  ELOOP: 'a link was put in its way',
  ENOTDIR: 'a link or file was put in its way',
};

/** Messages of the system name paths that mean nothing to a person. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = errorCode(error);
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error.message;
  return reasons[code] ?? `the system refuses it (${code})`;
}
