/** The stage cache as a whole: one build at a time in it, leftovers of killed builds removed, room enough. */
import { refused } from '../errors.ts';
import { type Lock, withLock } from '../host/lock.ts';
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
  try {
    return await withLock(host, oneBuild(cache), async () => {
      // With the lock held, whatever is half made belongs to a build that was killed.
      for (const name of await files.list(cache))
        if (name.startsWith(partialPrefix)) await files.remove(`${cache}/${name}`);
      await checkRoom(host, cache);
      return work();
    });
  } catch (error) {
    throw asBuildFailure(error, cache);
  }
}

const oneBuild = (cache: string): Lock => ({
  path: `${cache}/.lock`,
  busy: (owner) =>
    refused('cache-busy', `Another build (process ${owner}) is using ${cache}`, {
      hint: 'Wait until it has ended, or use another folder with --cache.',
    }),
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
