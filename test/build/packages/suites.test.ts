/** No suite of Debian is lost silently: what is asked for, and what the lists of apt have to hold. */
import test from 'ava';
import { resolvePackages } from '../../../src/build/packages/packages.ts';
import { securityArchives } from '../../../src/build/packages/suites.ts';
import type { OpsError } from '../../../src/errors.ts';
import { fakeHost } from '../../fakes/host.ts';

test('where the security archive of a mirror is looked for', (t) => {
  for (const [given, expected] of [
    ['http://m.example/debian', ['http://m.example/debian-security']],
    ['http://m.example/debian/', ['http://m.example/debian-security']],
    ['http://m.example/deb', ['http://m.example/deb-security']],
    [
      'https://snapshot.example/archive/debian/20260101T000000Z',
      [
        'https://snapshot.example/archive/debian-security/20260101T000000Z',
        'https://snapshot.example/archive/debian/20260101T000000Z-security',
      ],
    ],
  ] as const)
    t.deepEqual(securityArchives(given), expected);
});

const lists = '/cache/apt/lists';
const release = (origin: string, suite: string) =>
  `Origin: ${origin}\nCodename: ${suite}\nDate: Mon, 01 Jan 2024 12:00:00 UTC\n`;
const listed = (site: string, suite: string, origin = 'Debian') => ({
  [`${lists}/${site}_dists_${suite}_InRelease`]: release(origin, suite),
  [`${lists}/${site}_dists_${suite}_main_binary-amd64_Packages.lz4`]: '',
});
const everything = {
  ...listed('deb.example_debian', 'bookworm'),
  ...listed('deb.example_debian', 'bookworm-updates'),
  ...listed('deb.example_debian-security', 'bookworm-security'),
};

/** Resolving with the sources of the machine itself, whose lists are `files`, while apt warns in these words. */
const resolved = (files: Readonly<Record<string, string>>, stderr = '') => {
  const host = fakeHost({ files, tools: { 'apt-get': () => ({ stderr }) } });
  return resolvePackages(host, [], { arch: 'amd64', folder: '/cache/apt' });
};
const failedToFetch = (url: string) =>
  `W: Failed to fetch ${url}  503  Service Unavailable [IP: 192.0.2.1 80]\n`;

test('the sources of the machine that builds have to have all suites, as new as they are', async (t) => {
  await t.notThrowsAsync(resolved(everything));
  const { [`${lists}/deb.example_debian-security_dists_bookworm-security_InRelease`]: _, ...without } =
    everything;
  const cases: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [without, ''],
    [everything, failedToFetch('http://deb.example/debian-security/dists/bookworm-security/InRelease')],
    [
      everything,
      failedToFetch(
        'https://deb.example/debian-security/dists/bookworm-security/main/binary-amd64/Packages.xz',
      ),
    ],
    [{ ...everything, ...listed('deb.example_debian-security', 'bookworm-security', 'Vendor') }, ''],
  ];
  for (const [files, words] of cases) {
    const error = await t.throwsAsync<OpsError>(resolved(files, words));
    t.like(error, { kind: 'refused', code: 'suite-missing' });
    t.regex(error?.message ?? '', /The apt sources of this machine.*bookworm-security/);
    t.regex(error?.hint ?? '', /--without-security/);
  }
});

test('a vendor’s archive that is down costs nothing, nor does one of two that have a suite', async (t) => {
  await t.notThrowsAsync(
    resolved(everything, failedToFetch('https://vendor.example/debian/dists/bookworm/InRelease')),
  );
  const twice = { ...everything, ...listed('other.example_debian', 'bookworm') };
  await t.notThrowsAsync(
    resolved(twice, failedToFetch('http://other.example/debian/dists/bookworm/InRelease')),
  );
});
