/**
 * Debian packages: which ones, resolved by apt in a state folder of its own (the host's own packages play no
 * part), downloaded, checked by apt against the signed index, and written down as a lock.
 */
import { z } from 'zod';
import { refused, usage } from '../errors.ts';
import { sha256File } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';

export const packageLists = z.strictObject({
  rootfs: z.array(z.string()),
  kernel: z.array(z.string()),
  boot: z.array(z.string()),
});
export type PackageLists = z.infer<typeof packageLists>;

export const lockSchema = z.strictObject({
  v: z.literal(1),
  arch: z.string(),
  /** Seconds since 1970: the date of the newest index when the lock was made; every timestamp of the build. */
  date: z.number().int().positive(),
  packages: z.array(
    z.strictObject({
      name: z.string(),
      version: z.string(),
      /** File name of the package in the download folder. */
      file: z.string().regex(/^[^/]+\.deb$/),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
export type PackageLock = z.infer<typeof lockSchema>;

export interface AptOptions {
  readonly arch: 'amd64' | 'arm64';
  /** Where apt keeps its state and the downloaded packages, absolute. */
  readonly folder: string;
  /** Base address of a Debian mirror; the host's own apt sources when left out. */
  readonly mirror?: string | undefined;
  readonly onProgress?: (percent: number) => void;
}

/** Parses a lock; throws OpsError `lock-invalid` (usage). */
export function parseLock(text: string, where: string): PackageLock {
  const parsed = lockSchema.safeParse(safeJson(text));
  if (!parsed.success) {
    throw usage('lock-invalid', `${where} is not a package lock`, {
      details: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    });
  }
  return parsed.data;
}

/** The folder with the .deb files of a state folder. */
export const debFolder = (options: AptOptions) => `${options.folder}/cache/archives`;

/** Resolves `names` with their dependencies against the mirror, downloads all, and returns the lock. */
export async function resolvePackages(
  host: Host,
  names: readonly string[],
  options: AptOptions,
): Promise<PackageLock> {
  const apt = await prepareApt(host, options);
  await aptRun(host, apt, ['update']);
  return download(host, apt, ['?essential', ...names], options, await newestIndexDate(host, options));
}

/** Makes sure that exactly the packages of `lock` are in the download folder, by their digests. */
export async function fetchLocked(host: Host, lock: PackageLock, options: AptOptions): Promise<void> {
  const missing: PackageLock['packages'] = [];
  for (const entry of lock.packages) {
    const path = `${debFolder(options)}/${entry.file}`;
    if (!(await host.files.exists(path)) || (await sha256File(host.files, path)) !== entry.sha256)
      missing.push(entry);
  }
  if (missing.length === 0) return;
  const apt = await prepareApt(host, options);
  await aptRun(host, apt, ['update']);
  for (const entry of missing) await host.files.remove(`${debFolder(options)}/${entry.file}`);
  const got = await download(
    host,
    apt,
    missing.map((entry) => `${entry.name}=${entry.version}`),
    options,
    lock.date,
  );
  const digests = new Map(got.packages.map((entry) => [entry.file, entry.sha256]));
  const wrong = missing.filter((entry) => digests.get(entry.file) !== entry.sha256);
  if (wrong.length > 0) {
    throw refused('lock-mismatch', 'the mirror does not have the packages that the lock names', {
      details: wrong.map((entry) => `${entry.name} ${entry.version}`),
      hint: 'Build without --lock for today’s packages, or give --mirror of an archive that keeps old ones.',
    });
  }
}

interface Apt {
  readonly env: Readonly<Record<string, string>>;
}

async function prepareApt(host: Host, options: AptOptions): Promise<Apt> {
  const { folder, arch, mirror } = options;
  const { files } = host;
  for (const dir of [
    'lists/partial',
    'cache/archives/partial',
    'etc/apt.conf.d',
    'etc/preferences.d',
    'etc/sources.d',
  ]) {
    await files.makeDir(`${folder}/${dir}`);
  }
  await files.write(`${folder}/status`, '');
  // Packages of other origins (a vendor's repository on the builder) must not slip into the OS.
  const preferences =
    'Package: *\nPin: release o=Debian\nPin-Priority: 900\n\nPackage: *\nPin: release *\nPin-Priority: -1\n';
  await files.write(`${folder}/etc/preferences`, preferences);
  if (mirror !== undefined) {
    await files.write(
      `${folder}/etc/sources.list`,
      `deb ${mirror} bookworm main\ndeb ${mirror} bookworm-updates main\n`,
    );
  }
  const sources = mirror === undefined ? '/etc/apt/sources.list' : `${folder}/etc/sources.list`;
  const parts = mirror === undefined ? '/etc/apt/sources.list.d' : `${folder}/etc/sources.d`;
  await files.write(
    `${folder}/apt.conf`,
    `${[
      ['Dir::State', folder],
      ['Dir::State::lists', `${folder}/lists`],
      ['Dir::State::status', `${folder}/status`],
      ['Dir::Cache', `${folder}/cache`],
      ['Dir::Etc::sourcelist', sources],
      ['Dir::Etc::sourceparts', parts],
      ['Dir::Etc::preferences', `${folder}/etc/preferences`],
      ['Dir::Etc::preferencesparts', `${folder}/etc/preferences.d`],
      ['APT::Architecture', arch],
      ['APT::Architectures', arch],
      ['APT::Install-Recommends', 'false'],
      ['APT::Sandbox::User', 'root'],
      ['Acquire::Languages', 'none'],
      ['Acquire::Retries', '3'],
      ['Debug::NoLocking', 'true'],
    ]
      .map(([key, value]) => `${key} "${value}";`)
      .join('\n')}\n`,
  );
  return { env: { APT_CONFIG: `${folder}/apt.conf` } };
}

async function aptRun(
  host: Host,
  apt: Apt,
  args: readonly string[],
  onStdout?: (line: string) => void,
): Promise<string> {
  const done = await host.processes.run('apt-get', ['-q', '-o', 'APT::Get::Assume-Yes=true', ...args], {
    env: apt.env,
    okCodes: [0, 100],
    ...(onStdout === undefined ? {} : { onStdout }),
  });
  if (done.exitCode === 0) return done.stdout;
  const errors = done.stderr.split('\n').filter((line) => /^[EW]:/.test(line));
  throw refused('packages-unavailable', `apt-get ${args[0]} failed`, {
    details: errors,
    hint: 'Check the network and the apt sources (or give --mirror), then run the same command again.',
  });
}

async function download(
  host: Host,
  apt: Apt,
  names: readonly string[],
  options: AptOptions,
  date: number,
): Promise<PackageLock> {
  const plan = await aptRun(host, apt, ['--print-uris', 'install', ...names]);
  const total = plan.split('\n').filter((line) => line.startsWith("'")).length;
  let seen = 0;
  await aptRun(host, apt, ['--download-only', 'install', ...names], (line) => {
    if (line.startsWith('Get:')) options.onProgress?.((++seen / Math.max(1, total)) * 100);
  });
  const chosen = await aptRun(host, apt, ['--simulate', 'install', ...names]);
  const packages: PackageLock['packages'] = [];
  for (const { name, version, arch } of parseSimulation(chosen)) {
    // apt percent-encodes the colon of an epoch in file names.
    const file = `${name}_${version.replaceAll(':', '%3a')}_${arch}.deb`;
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

/** Packages from the `Inst name (version origin [arch])` lines of `apt-get --simulate`. */
export function parseSimulation(text: string): { name: string; version: string; arch: string }[] {
  const found: { name: string; version: string; arch: string }[] = [];
  for (const match of text.matchAll(/^Inst (\S+) \((\S+) .*\[(\w+)\]\)/gm)) {
    const [, name, version, arch] = match;
    if (name && version && arch) found.push({ name: name.replace(/:\w+$/, ''), version, arch });
  }
  return found;
}

/** The newest `Date:` of the downloaded Release files, seconds since 1970. */
async function newestIndexDate(host: Host, { folder }: AptOptions): Promise<number> {
  let newest = 0;
  for (const name of await host.files.list(`${folder}/lists`)) {
    if (!name.endsWith('Release')) continue;
    const date = /^Date: (.+)$/m.exec(await host.files.readText(`${folder}/lists/${name}`))?.[1];
    if (date !== undefined) newest = Math.max(newest, Math.floor(Date.parse(date) / 1000));
  }
  if (!(newest > 0)) throw refused('packages-unavailable', 'apt downloaded no Release file with a date');
  return newest;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
