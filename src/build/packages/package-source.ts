/** Where a build's packages come from: a lock that was given, the last build's, or the mirror of today. */
import type { ArchitectureName } from '../../architectures.ts';
import { sha256Of } from '../../host/digest.ts';
import { cannotRead } from '../../host/system-error.ts';
import { stamper } from '../../plan/stamper.ts';
import type { StageContext } from '../stage.ts';
import { runStep } from '../step.ts';
import type { AptOptions } from './apt.ts';
import { checkLock, type PackageLists, type PackageLock, parseLock, renderLock } from './lock.ts';
import { fetchLocked, resolvePackages } from './packages.ts';
import { securitySuite } from './suites.ts';

const lockHint =
  'Give the packages-ARCH.lock.json of a build, or leave --lock out to build from the packages of today.';

export interface PackageSource {
  readonly lock: PackageLock;
  /** Fetches what is not there, once; returns the folder with the .deb files. For stages that read packages. */
  fetch(): Promise<string>;
}

export interface PackageRequest {
  readonly arch: ArchitectureName;
  readonly mirror?: string | undefined;
  /** Resolve without the security suite. */
  readonly withoutSecurity?: boolean | undefined;
  /** Resolve from archives whose index has expired. */
  readonly allowExpired?: boolean | undefined;
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
  const { arch, mirror, withoutSecurity, allowExpired } = request;
  /** Runs `work` as a step that shows how much was downloaded. */
  const step = <T>(title: string, work: (apt: AptOptions) => Promise<T>): Promise<T> =>
    runStep(context, { name: 'packages', title }, (percent) =>
      work({
        ...{ arch, mirror, withoutSecurity, allowExpired },
        folder: `${cache}/apt`,
        onProgress: (done) => percent(done),
      }),
    );

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
      const named = `--lock: ${request.lock}`;
      const text = await host.files.readText(request.lock).catch((cause: unknown) => {
        throw cannotRead('lock-missing', named, cause, lockHint);
      });
      const given = parseLock(text, request.lock);
      checkLock(given, lists, arch, request.lock);
      return given;
    }
    // Packages that were resolved without the security suite are not those of a build with it.
    const choices =
      withoutSecurity === true ? ['without security'] : mirror === undefined ? [] : ['security'];
    const names = [...lists.rootfs, ...lists.kernel, ...lists.boot];
    const key = sha256Of(JSON.stringify([names, arch, mirror ?? null, ...choices])).slice(0, 20);
    const resolved = `${cache}/resolved-${key}.json`;
    if (!request.refresh && (await host.files.exists(resolved)))
      return parseLock(await host.files.readText(resolved), resolved);
    if (withoutSecurity === true)
      stamper(context.emit, () => host.clock.now())({
        type: 'warning',
        message: `--without-security: packages come without ${securitySuite}, and so without Debian’s security updates`,
      });
    const made = await step('Fetch the Debian packages', (apt) => resolvePackages(host, names, apt));
    await host.files.writeAtomic(resolved, renderLock(made));
    return made;
  }
}
