/** Debian packages: resolved by apt, downloaded, checked against the signed index, and written down as a lock. */
import { OpsError, refused } from '../../errors.ts';
import { sha256File } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import type { ArchivePackage } from '../inventory/updates.ts';
import { type AptOptions, debFolder, debName, parseSimulation, prepareApt, releaseDate } from './apt.ts';
import type { LockedPackage, PackageLock } from './lock.ts';
import { packagesUnavailable } from './refusals.ts';
import { checkSuites } from './suites.ts';

/** Resolves `names` with their dependencies against the mirror, downloads all, and returns the lock. */
export async function resolvePackages(
  host: Host,
  names: readonly string[],
  options: AptOptions,
): Promise<PackageLock> {
  const apt = await prepareApt(host, options);
  const { unreached } = await apt.run(['update']);
  await checkSuites(host, options, unreached);
  const date = await newestIndexDate(host, options);
  const wanted = ['?essential', ...names];
  const chosen = parseSimulation((await apt.run(['install', '--simulate', ...wanted])).stdout);
  let seen = 0;
  await apt.run(['install', '--download-only', ...wanted], {
    onStdout: (line) => {
      if (line.startsWith('Get:')) options.onProgress?.((++seen / Math.max(1, chosen.length)) * 100);
    },
  });
  const packages: LockedPackage[] = [];
  for (const { name, version, arch } of chosen) {
    const file = debName(name, version, arch);
    packages.push({
      name,
      version,
      file,
      sha256: await sha256File(host.files, `${debFolder(options)}/${file}`),
    });
  }
  packages.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { v: 1, arch: options.arch, date, packages };
}

/**
 * Makes sure that exactly the packages of `lock` are in the download folder, by their digests; returns the folder.
 * Throws OpsError `lock-mismatch` (refused) when the mirror does not have them, `packages-unavailable` (refused) when
 * it cannot be reached.
 */
export async function fetchLocked(host: Host, lock: PackageLock, options: AptOptions): Promise<string> {
  const { files } = host;
  const folder = debFolder(options);
  const isThere = async (entry: LockedPackage) =>
    (await files.exists(`${folder}/${entry.file}`)) &&
    (await sha256File(files, `${folder}/${entry.file}`)) === entry.sha256;
  const missing: LockedPackage[] = [];
  for (const entry of lock.packages) if (!(await isThere(entry))) missing.push(entry);
  if (missing.length === 0) return folder;

  const apt = await prepareApt(host, { ...options, locked: true });
  const { unreached } = await apt.run(['update']);
  for (const entry of missing) await files.remove(`${folder}/${entry.file}`);
  let seen = 0;
  try {
    // `download` takes no dependencies along: the lock has them all.
    await apt.run(['download', ...missing.map((entry) => `${entry.name}=${entry.version}`)], {
      cwd: folder,
      onStdout: (line) => {
        if (line.startsWith('Get:')) options.onProgress?.((++seen / missing.length) * 100);
      },
    });
  } catch (error) {
    const words = error instanceof OpsError ? error.details : [];
    if (!words.some((line) => /was not found|Unable to locate package/.test(line))) throw error;
    // What could not be asked may well have them.
    if (unreached.length > 0)
      throw packagesUnavailable('apt-get update did not reach every archive, and packages are missing', [
        ...unreached,
        ...words,
      ]);
    throw mismatch(words);
  }
  const wrong: LockedPackage[] = [];
  for (const entry of missing) if (!(await isThere(entry))) wrong.push(entry);
  if (wrong.length > 0) throw mismatch(wrong.map((entry) => `${entry.name} ${entry.version}`));
  return folder;
}

const mismatch = (details: readonly string[]) =>
  refused('lock-mismatch', 'The mirror does not have the packages named in the lock', {
    details,
    hint: 'Build with --refresh (without --lock) for today’s packages, or use --mirror with an archive that keeps old ones.',
  });

/** The newest `Date:` of the downloaded Release files, seconds since 1970. */
async function newestIndexDate({ files }: Host, { folder }: AptOptions): Promise<number> {
  let newest = 0;
  for (const name of await files.list(`${folder}/lists`))
    if (name.endsWith('Release'))
      newest = Math.max(newest, releaseDate(await files.readText(`${folder}/lists/${name}`)));
  if (newest > 0) return newest;
  throw packagesUnavailable('The Debian archives have no date in their Release files', []);
}

/** What a build of now would take: every package, with the archives that offer its version in the words of apt. */
export async function archivePackages(
  host: Host,
  names: readonly string[],
  options: AptOptions,
): Promise<ArchivePackage[]> {
  const apt = await prepareApt(host, options);
  const { unreached } = await apt.run(['update']);
  await checkSuites(host, options, unreached);
  const { stdout } = await apt.run(['install', '--simulate', '?essential', ...names]);
  return parseOrigins(stdout);
}

/** As parseSimulation, with the origins: `Inst name (version Debian:12.15/oldstable, … [arch])`. */
export function parseOrigins(text: string): ArchivePackage[] {
  return [...text.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) (.*) \[\w+\]\)/gm)].map(
    ([, name = '', version = '', origin = '']) => ({ name: name.replace(/:\w+$/, ''), version, origin }),
  );
}
