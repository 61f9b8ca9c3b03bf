/** Which of two OS versions is the newer one (Semantic Versioning 2.0.0, section 11). Pure. */
import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';

/** A name of a folder may say which of several contents of a version it is: `0.2.0+1a2b3c4d`. */
const plain = (version: string) => version.replace(/\+.*$/, '');

/** Negative when `a` is older than `b`; undefined when one of them is not a version that can be ordered. */
export function compareVersions(a: string, b: string): number | undefined {
  const [left, right] = [parse(plain(a)), parse(plain(b))];
  return left === null || right === null ? undefined : compare(left, right);
}
