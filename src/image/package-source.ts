/** Where a build's packages come from: a lock that was given, the last build's, or the mirror of today. */
import { usage } from '../errors.ts';
import { sha256Of } from '../host/digest.ts';
import { stamper } from '../plan/events.ts';
import type { AptOptions } from './apt.ts';
import { checkLock, type PackageLists, type PackageLock, parseLock, renderLock } from './lock.ts';
import { fetchLocked, resolvePackages } from './packages.ts';
import type { StageContext } from './stage.ts';

export interface PackageSource {
  readonly lock: PackageLock;
  /** Fetches what is not there, once; returns the folder with the .deb files. For stages that read packages. */
  fetch(): Promise<string>;
}

export interface PackageRequest {
  readonly arch: 'amd64' | 'arm64';
  readonly mirror?: string | undefined;
  /** Path of a lock to build from. */
  readonly lock?: string | undefined;
  /** Resolve again even when an earlier build's lock is there. */
  readonly refresh: boolean;
}

export async function packageSource(
  context: StageContext,
  lists: PackageLists,
  request: PackageRequest,
): Promise<PackageSource> {
  const { host, cache } = context;
  const { arch, mirror } = request;
  const emit = stamper(context.emit, () => host.clock.now());

  /** Runs `work` as a step that shows how much was downloaded. */
  async function step<T>(title: string, work: (apt: AptOptions) => Promise<T>): Promise<T> {
    const id = 'packages';
    emit({ type: 'step-start', id, title });
    const start = host.clock.monotonic();
    let ok = false;
    try {
      const onProgress = (done: number) =>
        emit({ type: 'progress', id, done: Math.min(100, done), total: 100, unit: 'percent' });
      const result = await work({ arch, mirror, folder: `${cache}/apt`, onProgress });
      ok = true;
      return result;
    } finally {
      emit({ type: 'step-end', id, ok, ms: Math.round(host.clock.monotonic() - start) });
    }
  }

  const lock = await chooseLock();
  let fetched: Promise<string> | undefined;
  return {
    lock,
    fetch: () => {
      fetched ??= step('Check the Debian packages', (apt) => fetchLocked(host, lock, apt));
      return fetched;
    },
  };

  async function chooseLock(): Promise<PackageLock> {
    if (request.lock !== undefined) {
      const text = await host.files.readText(request.lock).catch(() => undefined);
      if (text === undefined) throw usage('lock-missing', `--lock: ${request.lock} cannot be read`);
      const given = parseLock(text, request.lock);
      checkLock(given, lists, arch, request.lock);
      return given;
    }
    const names = [...lists.rootfs, ...lists.kernel, ...lists.boot];
    const key = sha256Of(JSON.stringify([names, arch, mirror ?? null])).slice(0, 20);
    const resolved = `${cache}/resolved-${key}.json`;
    if (!request.refresh && (await host.files.exists(resolved)))
      return parseLock(await host.files.readText(resolved), resolved);
    const made = await step('Fetch the Debian packages', (apt) => resolvePackages(host, names, apt));
    await host.files.writeAtomic(resolved, renderLock(made));
    return made;
  }
}
