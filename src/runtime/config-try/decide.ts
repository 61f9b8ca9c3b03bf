/**
 * How a trial ends: kept, as a file of config.d, or taken back. Whichever comes first; both hold the lock of whoever applies
 * a configuration, and look again behind it.
 */
import { dirname, join } from 'node:path';
import { localConfigFolder } from '../../config/sources/sources.ts';
import { triedConfigFolder } from '../../config/sources/tried-files.ts';
import { messageOf, OpsError } from '../../errors.ts';
import { withLock } from '../../host/lock.ts';
import type { Host } from '../../host/ports.ts';
import { onePhaseAtATime } from '../phases/phases.ts';
import { applyTriable } from './apply.ts';
import { readTry, removeTry, takenBackPath, triedFile } from './record.ts';

/**
 * Keeps what is tried: on the disk, synced and read back, before it stops being a trial. Resolves with the path of the
 * file; undefined when nothing is tried any more. Throws `try-not-kept` (broken).
 */
export const keepTry = (host: Host, root: string): Promise<string | undefined> =>
  withLock(host, onePhaseAtATime(root), async () => {
    const { files } = host;
    const record = await readTry(host, root);
    // What failed is about to be taken back.
    if (record?.state !== 'applied' || !(await files.exists(triedFile(root, record)))) return undefined;
    const path = `${localConfigFolder}/config.d/${record.name}`;
    const place = join(root, path);
    const bytes = await files.read(triedFile(root, record));
    try {
      await files.makeDir(dirname(place), 0o755);
      await files.writeAtomic(place, bytes, { mode: 0o600 });
      if (!(await files.read(place)).equals(bytes)) throw new Error('it reads back differently');
    } catch (cause) {
      throw new OpsError('broken', 'try-not-kept', `${path} cannot be written: ${messageOf(cause)}`, {
        hint: 'The change is taken back when its time is over. Make room, then confirm it again.',
        cause,
      });
    }
    await removeTry(host, root);
    return path;
  });

/** Takes back what is still tried; resolves with whether there was anything. `why` is what is said of it. */
export const takeBackTry = (host: Host, root: string, why: string): Promise<boolean> =>
  withLock(host, onePhaseAtATime(root), async () => {
    const { files } = host;
    // A damaged record is no reason to keep what nobody has confirmed.
    const record = await readTry(host, root).catch(() => ({ name: 'What was tried' }));
    if (record === undefined) return false;
    await files.remove(join(root, triedConfigFolder));
    const faults = await applyTriable(host, root);
    const when = new Date(host.clock.now()).toISOString();
    const text = [`${when} ${record.name} was taken back: ${why}`, ...faults].join('\n');
    await files.write(join(root, takenBackPath), `${text}\n`, { mode: 0o644 });
    // Last: who is stopped before this does it again.
    await removeTry(host, root);
    return true;
  });
