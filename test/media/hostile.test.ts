/** What comes from beside an image, made to take long: a list of digests, a manifest. Each is linear in its size. */
import test, { type ExecutionContext } from 'ava';
import { errorCode, OpsError } from '../../src/errors.ts';
import { parseChecksum } from '../../src/media/checksum.ts';
import { parseManifest, requireWhole } from '../../src/media/manifest.ts';

const MiB = 2 ** 20;
/** Far more than any of them takes, far less than what grows faster than the text. */
const patienceMs = 30_000;
const digest = 'a'.repeat(64);

const soon = (t: ExecutionContext, work: () => unknown) => {
  const { user } = process.cpuUsage();
  let code: string | undefined;
  try {
    work();
  } catch (error) {
    code = errorCode(error);
  }
  t.true((process.cpuUsage().user - user) / 1000 < patienceMs);
  return code;
};

const checksums: Readonly<Record<string, string>> = {
  'blanks behind the digest': `${digest}${' '.repeat(MiB)}x`,
  'blanks and tabs': `${digest}${' \t'.repeat(MiB / 2)}\v`,
  'blanks in a name': `${digest}  a${' '.repeat(MiB)}b`,
  'slashes in a name': `${digest}  ${'/'.repeat(MiB)}`,
  'stars before a name': `${digest}  ${'*'.repeat(MiB)}`,
  'lines of blanks': `${' '.repeat(1000)}\n`.repeat(1000),
  'one long word': 'a'.repeat(MiB),
};
for (const [name, text] of Object.entries(checksums))
  test(`a list of digests with ${name}`, (t) => {
    // The only line of a file counts whatever it names.
    const isDigest = text.startsWith(digest) && !text.startsWith('aaa'.repeat(100));
    t.is(
      soon(t, () => parseChecksum(text, 'bos.iso', 'it')),
      isDigest ? undefined : 'sha256-invalid',
    );
  });

const file = (path: string) => ({ path, size: 1, sha256: digest });
const manifestOf = (paths: readonly string[]) =>
  JSON.stringify({ v: 1, arch: 'amd64', kernel: '6', os: '1', dcp: null, files: paths.map(file) });
const paths = (count: number, path: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => path(i));

const manifests: Readonly<Record<string, readonly string[]>> = {
  'many files': paths(12_000, (index) => `bos/system/os/1/f${index}`),
  'files that are folders of others': paths(12_000, (index) => `a/${'b/'.repeat(index % 20)}c`),
  'one file many times': paths(12_000, () => 'bos/system/os/1/x'),
  'deep paths': paths(900, (index) => `a${index}${'/b'.repeat(400)}`),
};
for (const [name, listed] of Object.entries(manifests))
  test(`a manifest with ${name}`, (t) => {
    const text = manifestOf(listed);
    let details: readonly string[] = [];
    const found = soon(t, () => {
      try {
        requireWhole(parseManifest(text, 'it'), 'it');
      } catch (error) {
        details = error instanceof OpsError ? error.details : [];
        throw error;
      }
    });
    t.is(found, 'manifest-incomplete');
    t.true(details.length > 0 && details.length <= 21);
  });

test('a manifest with a path longer than any', (t) => {
  t.is(
    soon(t, () => parseManifest(manifestOf([`a${'/b'.repeat(500_000)}`]), 'it')),
    'manifest-invalid',
  );
});

test('a file in the place of a folder is still found', (t) => {
  const error = t.throws<Error & { details: readonly string[] }>(() =>
    requireWhole(parseManifest(manifestOf(['bos/system/os/1/x', 'bos/system/os/1/x/y']), 'it'), 'it'),
  );
  t.true(error.details.includes('bos/system/os/1/x is a file and a folder'));
});
