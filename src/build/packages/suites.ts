/**
 * The suites of Debian that an image is built from, and the proof that each of them was read: apt only warns about an
 * index that it did not get, and an image without the security suite looks like any other.
 */
import { type ArchitectureName, architectures } from '../../architectures.ts';
import { refused } from '../../errors.ts';
import { withoutTrailing } from '../../formats/trailing.ts';
import type { Host } from '../../host/ports.ts';
import { packagesUnavailable } from './refusals.ts';

export const securitySuite = 'bookworm-security';

/** What the suites are read for: AptOptions. */
interface Request {
  readonly arch: ArchitectureName;
  readonly folder: string;
  readonly mirror?: string | undefined;
  readonly withoutSecurity?: boolean | undefined;
}

/** The suites without which packages are not resolved. */
export const requiredSuites = ({ withoutSecurity }: Pick<Request, 'withoutSecurity'>): readonly string[] => [
  ...['bookworm', 'bookworm-updates'],
  ...(withoutSecurity === true ? [] : [securitySuite]),
];

/** A Release file of apt's lists: what it says of itself, and what the names of its indices begin with. */
interface Release {
  readonly file: string;
  readonly prefix: string;
  readonly origin: string | undefined;
  readonly suite: string | undefined;
}

/**
 * Throws OpsError `suite-missing` (refused) unless the lists of apt hold, of each suite, Debian's own index of `main`
 * for the architecture, and none of an earlier time. `unreached` as in AptResult.
 */
export async function checkSuites(
  { files }: Pick<Host, 'files'>,
  options: Request,
  unreached: readonly string[],
): Promise<void> {
  const names = await files.list(`${options.folder}/lists`);
  const releases: Release[] = [];
  for (const name of names) {
    if (!/_(In)?Release$/.test(name)) continue;
    const text = await files.readText(`${options.folder}/lists/${name}`);
    const field = (key: string) => new RegExp(`^${key}: *(.+)$`, 'm').exec(text)?.[1]?.trim();
    const prefix = name.replace(/(In)?Release$/, '');
    releases.push({ file: name, prefix, origin: field('Origin'), suite: field('Codename') });
  }
  if (!releases.some(({ origin }) => origin === 'Debian'))
    throw packagesUnavailable(
      'No Debian archive answered: apt-get update did not fetch a Release file',
      unreached,
    );
  const stale = unreached.map(listName);
  const index = `main_binary-${architectures[options.arch].debian}_Packages`;
  const isRead = ({ prefix, origin }: Release) =>
    origin === 'Debian' &&
    names.some((name) => name.startsWith(prefix + index)) &&
    !stale.some((name) => name.startsWith(`${prefix}InRelease`) || name.startsWith(prefix + index));
  const missing = requiredSuites(options).filter(
    (suite) => !releases.some((release) => release.suite === suite && isRead(release)),
  );
  if (missing.length > 0) throw suitesMissing(missing, releases, options, unreached);
}

/** The name in apt's lists of what a line of its output could not fetch: `W: Failed to fetch URL  reason`. */
const listName = (line: string) =>
  (/Failed to fetch (\S+)/.exec(line)?.[1] ?? '').replace(/^[a-z+]+:\/*(?=[^/])/, '').replaceAll('/', '_');

function suitesMissing(
  missing: readonly string[],
  releases: readonly Release[],
  { arch, mirror }: Request,
  unreached: readonly string[],
): Error {
  const others = releases.flatMap(({ suite, origin }) =>
    suite !== undefined && missing.includes(suite)
      ? [`${suite}: found one with the origin ${origin ?? '(none)'}, or without main for ${arch}`]
      : [],
  );
  const security = missing.includes(securitySuite);
  const add =
    'Add what is missing to the apt sources of this machine, or give a --mirror that has all suites.';
  return refused(
    'suite-missing',
    `${mirror === undefined ? 'The apt sources of this machine' : mirror} did not give every suite of Debian: ${missing.join(', ')}`,
    {
      details: [...others, ...unreached],
      hint: security ? `${add} With \`--without-security\` the image has no security updates.` : add,
    },
  );
}

/** Where the security archive of a mirror can be: `debian-security` in the place of `debian`, or at its end. */
export function securityArchives(mirror: string): readonly string[] {
  const base = withoutTrailing(mirror, '/');
  // A snapshot has the day behind the name of the archive: …/archive/debian/20260101T000000Z.
  const beside = base.replace(/\/debian(\/[^/]+)$/, '/debian-security$1');
  return [...new Set([beside === base ? `${base}-security` : beside, `${base}-security`])];
}
