/** Which of two OS versions is the newer one (Semantic Versioning 2.0.0, section 11). Pure. */
import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';

/** A name of a folder may say which of several contents of a version it is: `0.2.0+1a2b3c4d`. */
const plain = (version: string) => version.split('+', 1)[0] ?? '';

/** Negative when `a` is older than `b`; undefined when one of them is not a version that can be ordered. */
export function compareVersions(a: string, b: string): number | undefined {
  const [left, right] = [parse(plain(a)), parse(plain(b))];
  return left === null || right === null ? undefined : compare(left, right);
}

/** The stream of a version, its major and minor number: `0.2` of `v0.2.5`; undefined for what is not a version. */
export function streamOf(version: string): string | undefined {
  const parsed = parse(plain(version));
  return parsed === null ? undefined : `${parsed.major}.${parsed.minor}`;
}

/** A released version of the stream: nothing with a pre-release. */
export function isInStream(name: string, stream: string): boolean {
  return streamOf(name) === stream && isRelease(name);
}

const isRelease = (name: string): boolean => parse(plain(name))?.prerelease.length === 0;

/** The newest released version among names, as it is called; undefined when none of them is one. */
export function newestOf(names: readonly string[]): string | undefined {
  const releases = names.filter(isRelease);
  return releases.toSorted((a, b) => compareVersions(a, b) ?? 0).at(-1);
}
