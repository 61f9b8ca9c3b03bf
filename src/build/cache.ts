/** The stage cache as a whole: one build at a time in it, leftovers of killed builds removed, room enough. */
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { asBuildFailure } from './failures.ts';
import { partialPrefix } from './stage.ts';

/** Bytes that have to be free, by what is in the cache already: nothing, the installed packages, everything. */
const room = { nothing: 2.5e9, packages: 1.2e9, everything: 0.5e9 };

/**
 * Runs `work` with the cache to itself. Throws OpsError `cache-busy` (refused) while another build uses it, and
 * `no-space` (refused) when there is too little room to begin.
 */
export async function withCache<T>(host: Host, cache: string, work: () => Promise<T>): Promise<T> {
  const { files } = host;
  const lock = `${cache}/.lock`;
  try {
    await files.makeDir(cache);
    await takeLock(host, cache, lock);
  } catch (error) {
    throw asBuildFailure(error, cache);
  }
  try {
    // With the lock held, whatever is half made belongs to a build that was killed.
    for (const name of await files.list(cache))
      if (name.startsWith(partialPrefix)) await files.remove(`${cache}/${name}`);
    await checkRoom(host, cache);
    return await work();
  } catch (error) {
    throw asBuildFailure(error, cache);
  } finally {
    await files.remove(lock);
  }
}

/**
 * The lock is a symlink that names its process: it is made in one step or not at all, and whoever finds it can see
 * whether its owner still runs.
 */
async function takeLock(host: Host, cache: string, lock: string): Promise<void> {
  const { files } = host;
  const mine = await processName(host, String(host.system.pid));
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await files.symlink(mine, lock);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const owner = await files.readLink(lock).catch(() => undefined);
    if (owner === undefined) continue;
    const pid = owner.replace(/@.*/, '');
    if (owner === (await processName(host, pid))) throw busy(cache, pid);
    // Only one of several builds that find a dead owner's lock can rename it.
    const dead = `${lock}-${host.system.pid}`;
    await files.rename(lock, dead).catch(() => {});
    await files.remove(dead);
  }
  throw busy(cache, 'unknown');
}

/** `PID@START`: with its start time, since process ids are used again. Field 22 of proc(5), /proc/PID/stat. */
async function processName(host: Host, pid: string): Promise<string> {
  const stat = await host.files.readText(`/proc/${pid}/stat`).catch(() => '');
  // The second field, the program's name, may hold spaces and parentheses.
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return `${pid}@${start ?? 'gone'}`;
}

const busy = (cache: string, pid: string) =>
  refused('cache-busy', `Another build (process ${pid}) is using ${cache}`, {
    hint: 'Wait until it has ended, or use another folder with --cache.',
  });

async function checkRoom(host: Host, cache: string): Promise<void> {
  const names = await host.files.list(cache);
  const has = (stage: string) => names.some((name) => name.startsWith(`${stage}-`));
  const needed = room[has('iso') ? 'everything' : has('base') ? 'packages' : 'nothing'];
  const free = await host.files.freeSpace(cache);
  if (free >= needed) return;
  throw refused(
    'no-space',
    `${cache} has ${Math.floor(free / 1e6)} MB free; a build needs ${Math.floor(needed / 1e6)} MB`,
    { hint: 'Free some space, or use another folder with --cache.' },
  );
}
