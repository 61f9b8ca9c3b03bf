/** What is said when the packages cannot be had as they should be: an archive that is away, without security, of another day. */
import { refused } from '../../errors.ts';

/** The packages cannot be had, in the words of apt. */
export const packagesUnavailable = (message: string, details: readonly string[]) =>
  refused('packages-unavailable', message, {
    details,
    hint: 'Check the network and the apt sources (or give --mirror), then run the same command again.',
  });

/** The refusal of a mirror without a security archive. */
export const securityMissing = (mirror: string, suite: string, asked: readonly string[]) =>
  refused('security-missing', `${mirror} has no security updates: the suite ${suite} was not found`, {
    details: asked.map((url) => `asked: ${url}/dists/${suite}/`),
    hint:
      'Give a mirror that has it, or leave --mirror out to use the apt sources of this machine. ' +
      'With `--without-security` the image has no security updates.',
  });

/** The refusal of an archive by its dates, in the words of apt; undefined when these speak of something else. */
export function refusedByDate(words: readonly string[]): Error | undefined {
  const lines = words.filter((line) => /Release file for .* (is expired|is not valid yet)/.test(line));
  if (lines.length === 0) return undefined;
  const early = lines.some((line) => line.includes('not valid yet'));
  return refused(
    'archive-date',
    early
      ? 'The clock of this machine is behind the date of a Debian archive'
      : 'A Debian archive is out of date: its index has expired, so security updates may be missing',
    {
      details: lines,
      hint: early
        ? 'Set the clock, then run the same command again.'
        : 'Use another mirror. If the clock of this machine is right and an archive of an earlier day is wanted, give --allow-expired.',
    },
  );
}
