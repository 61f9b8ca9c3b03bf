/** apt in a state folder of its own: the builder's own packages and its root user play no part. */
import { type ArchitectureName, architectures } from '../../architectures.ts';
import { OpsError } from '../../errors.ts';
import { withoutTrailing } from '../../formats/trailing.ts';
import type { Host } from '../../host/ports.ts';
import { copyWithoutSecurity } from './own-sources.ts';
import { packagesUnavailable, refusedByDate, securityMissing } from './refusals.ts';
import { requiredSuites, securityArchives, securitySuite } from './suites.ts';

export interface AptOptions {
  readonly arch: ArchitectureName;
  /** Where apt keeps its state and the downloaded packages, absolute. */
  readonly folder: string;
  /** Base address of a Debian mirror; the host's own apt sources when left out. */
  readonly mirror?: string | undefined;
  /** An image without security updates was asked for. */
  readonly withoutSecurity?: boolean | undefined;
  /** Take archives whose index has expired: a snapshot of an earlier day. */
  readonly allowExpired?: boolean | undefined;
  /** The packages are known by their digests: no archive can be too old for them, and none has to be complete. */
  readonly locked?: boolean | undefined;
  readonly onProgress?: ((percent: number) => void) | undefined;
}

/** The folder with the .deb files of a state folder. */
export const debFolder = ({ folder }: Pick<AptOptions, 'folder'>) => `${folder}/cache/archives`;

export interface AptResult {
  readonly stdout: string;
  /** Archives that `update` could not reach, in its words: it only warns, and uses what it has of them. */
  readonly unreached: readonly string[];
}

export interface Apt {
  /** Runs apt-get, its command first; throws OpsError `packages-unavailable` (refused) with apt's own words. */
  run(
    args: readonly [string, ...string[]],
    how?: { readonly cwd?: string; readonly onStdout?: (line: string) => void },
  ): Promise<AptResult>;
}

/** Packages of other origins (a vendor's repository on the builder) must not slip into the OS. */
const preferences =
  'Package: *\nPin: release o=Debian\nPin-Priority: 900\n\nPackage: *\nPin: release *\nPin-Priority: -1\n';

/** Writes the state folder and returns apt for it. */
export async function prepareApt(host: Host, options: AptOptions): Promise<Apt> {
  const { folder, arch, mirror } = options;
  const { files } = host;
  // Of a build with other sources.
  await files.remove(`${folder}/etc/sources.d`);
  for (const dir of ['lists/partial', 'cache/archives/partial', 'etc/preferences.d', 'etc/sources.d'])
    await files.makeDir(`${folder}/${dir}`);
  await files.write(`${folder}/status`, '');
  await files.write(`${folder}/etc/preferences`, preferences);
  const asTheyAre = mirror === undefined && options.withoutSecurity !== true;
  const settings: Readonly<Record<string, string>> = {
    'Dir::State': folder,
    'Dir::State::lists': `${folder}/lists`,
    'Dir::State::status': `${folder}/status`,
    'Dir::Cache': `${folder}/cache`,
    'Dir::Etc::sourcelist': asTheyAre ? '/etc/apt/sources.list' : `${folder}/etc/sources.list`,
    'Dir::Etc::sourceparts': asTheyAre ? '/etc/apt/sources.list.d' : `${folder}/etc/sources.d`,
    'Dir::Etc::preferences': `${folder}/etc/preferences`,
    'Dir::Etc::preferencesparts': `${folder}/etc/preferences.d`,
    'APT::Architecture': architectures[arch].debian,
    'APT::Architectures': architectures[arch].debian,
    'APT::Install-Recommends': 'false',
    'APT::Install-Suggests': 'false',
    // Downloads as the user who builds: the folder belongs to that one alone.
    'APT::Sandbox::User': 'root',
    'APT::Get::Assume-Yes': 'true',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    'Debug::NoLocking': 'true',
    // What the builder allows for its own packages says nothing about those of the image.
    'Acquire::Check-Valid-Until': String(options.allowExpired !== true && options.locked !== true),
    'Acquire::Check-Date': 'true',
    'Acquire::AllowInsecureRepositories': 'false',
    'Acquire::AllowWeakRepositories': 'false',
    'Acquire::AllowDowngradeToInsecureRepositories': 'false',
    'APT::Get::AllowUnauthenticated': 'false',
    // One of the builder's own sources may be a vendor's and down; a mirror that was named has to answer.
    ...(mirror === undefined ? {} : { 'APT::Update::Error-Mode': 'any' }),
  };
  // On the command line, which wins over the builder's /etc/apt/apt.conf.d; its proxy settings stay in force.
  const given = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const apt: Apt = {
    run: async (args, how = {}) => {
      const done = await host.processes.run('apt-get', ['-q', ...given, ...args], {
        okCodes: [0, 100],
        ...how,
      });
      const words = done.stderr.split('\n').filter((line) => /^[EW]:/.test(line));
      if (done.exitCode === 0)
        return { stdout: done.stdout, unreached: words.filter((line) => line.includes('Failed to fetch')) };
      throw refusedByDate(words) ?? packagesUnavailable(`apt-get ${args[0]} failed`, words);
    },
  };
  const sources = `${folder}/etc/sources.list`;
  if (mirror !== undefined) await useMirror(host, apt, sources, { ...options, mirror });
  else if (asTheyAre) await files.write(sources, '');
  else await copyWithoutSecurity(host, '/etc/apt', `${folder}/etc`);
  return apt;
}

/**
 * Writes the sources.list for a mirror. The security suite is in an archive of its own, which mirrors keep beside the
 * other one, `debian-security` beside `debian`.
 */
async function useMirror(
  host: Host,
  apt: Apt,
  path: string,
  options: AptOptions & { readonly mirror: string },
): Promise<void> {
  const base = withoutTrailing(options.mirror, '/');
  const line = (archive: string, suite: string) => `deb ${archive} ${suite} main\n`;
  const suites = requiredSuites({ withoutSecurity: true }).map((suite) => line(base, suite));
  if (options.withoutSecurity !== true) {
    const archives = securityArchives(base);
    const found = await firstWithRelease(archives);
    if (found !== undefined) suites.push(line(found, securitySuite));
    else if (options.locked !== true) throw securityMissing(base, securitySuite, archives);
  }
  await host.files.write(path, suites.join(''));

  async function firstWithRelease(archives: readonly string[]): Promise<string | undefined> {
    for (const archive of archives) {
      await host.files.write(path, line(archive, securitySuite));
      if (await hasRelease(apt)) return archive;
    }
    return undefined;
  }
}

/** Whether the archives of the sources.list exist. apt is asked: it has the proxies, and the keys. */
async function hasRelease(apt: Apt): Promise<boolean> {
  try {
    await apt.run(['update', '-o', 'APT::Get::List-Cleanup=false']);
    return true;
  } catch (error) {
    // Any other failure is no answer: a bad line must not cost an image its security updates.
    if (
      error instanceof OpsError &&
      error.details.some((line) => /(does not have|no longer has) a Release file/.test(line))
    )
      return false;
    throw error;
  }
}

/** Packages from the `Inst name (version origin [arch])` lines of `apt-get --simulate install`. */
export function parseSimulation(text: string): { name: string; version: string; arch: string }[] {
  const found: { name: string; version: string; arch: string }[] = [];
  for (const match of text.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) .*\[(\w+)\]\)/gm)) {
    const [, name, version, arch] = match;
    if (name && version && arch) found.push({ name: name.replace(/:\w+$/, ''), version, arch });
  }
  return found;
}

/** The name apt gives a downloaded package: the colon of an epoch is percent-encoded. */
export const debName = (name: string, version: string, arch: string) =>
  `${name}_${version.replaceAll(':', '%3a')}_${arch}.deb`;

/** The `Date:` of a Release file, seconds since 1970; 0 without one. */
export function releaseDate(text: string): number {
  const date = /^Date: (.+)$/m.exec(text)?.[1];
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
}
