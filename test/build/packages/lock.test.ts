/** Package locks and what apt says, as texts. */
import test from 'ava';
import fc from 'fast-check';
import { debName, parseSimulation, releaseDate } from '../../../src/build/packages/apt.ts';
import {
  checkLock,
  kernelRelease,
  lockSchema,
  type PackageLock,
  parseLock,
  renderLock,
} from '../../../src/build/packages/lock.ts';
import { offeredPackages } from '../../../src/build/stages/base.ts';

const name = fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,12}$/);
const version = fc.stringMatching(/^([0-9]:)?[0-9][A-Za-z0-9.+~-]{0,9}$/);
const arch = fc.constantFrom('amd64', 'all');
const locks: fc.Arbitrary<PackageLock> = fc.record({
  v: fc.constant(1 as const),
  arch: fc.constantFrom('amd64' as const, 'arm64' as const),
  date: fc.integer({ min: 1, max: 4_102_444_800 }),
  packages: fc.array(
    fc.record({ name, version, arch }).chain((one) =>
      fc
        .uint8Array({ minLength: 32, maxLength: 32 })
        .map((bytes) => Buffer.from(bytes).toString('hex'))
        .map((sha256) => ({
          name: one.name,
          version: one.version,
          file: debName(one.name, one.version, one.arch),
          sha256,
        })),
    ),
    { minLength: 1, maxLength: 8 },
  ),
});

test('a lock that was written reads back the same, whatever the order of its packages', (t) => {
  fc.assert(
    fc.property(locks, (lock) => {
      const text = renderLock(lock);
      t.is(renderLock(parseLock(text, 'x')), text);
      const reversed = { ...lock, packages: lock.packages.toReversed() };
      const names = new Set(lock.packages.map(({ file }) => file));
      if (names.size === lock.packages.length) t.is(renderLock(reversed), text);
    }),
  );
});

test('anything else is refused as not a lock, with the place', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const error = t.throws(() => parseLock(text, 'the-file'));
      t.like(error, { kind: 'usage', code: 'lock-invalid' });
      t.regex(error?.message ?? '', /the-file/);
    }),
  );
  const bad = {
    v: 1,
    arch: 'amd64',
    date: 1,
    packages: [{ name: 'a', version: '1', file: '../x.deb', sha256: '' }],
  };
  const error = t.throws(() => parseLock(JSON.stringify(bad), 'f')) as Error & { details: string[] };
  t.true(error.details.some((line) => line.startsWith('packages.0.file')));
});

test('a file that holds nothing, or no JSON, is told apart from a lock with faults', (t) => {
  const detailsOf = (text: string) =>
    (t.throws(() => parseLock(text, '/dev/null')) as Error & { details: string[] }).details;
  t.deepEqual(detailsOf(''), ['the file is empty']);
  t.deepEqual(detailsOf('\n'), ['the file is empty']);
  t.deepEqual(detailsOf('one two'), ['the file is not JSON']);
  t.regex(detailsOf('{}').join(), /packages/);
});

test('no file of a lock leaves the download folder', (t) => {
  fc.assert(
    fc.property(fc.string(), (file) => {
      const packages = [{ name: 'ab', version: '1', file, sha256: '0'.repeat(64) }];
      const parsed = lockSchema.safeParse({ v: 1, arch: 'amd64', date: 1, packages });
      t.false(parsed.success && (file.includes('/') || file.startsWith('.')));
    }),
  );
});

const entry = (one: string) => ({
  name: one,
  version: '1',
  file: `${one}_1_amd64.deb`,
  sha256: '0'.repeat(64),
});
const lists = {
  rootfs: ['systemd', 'e2fsprogs'],
  kernel: ['linux-image-amd64'],
  boot: ['grub-pc-bin', 'e2fsprogs'],
};
const lock: PackageLock = {
  v: 1,
  arch: 'amd64',
  date: 1,
  packages: [
    'e2fsprogs',
    'grub-pc-bin',
    'libc6',
    'linux-image-6.1.0-40-amd64',
    'linux-image-amd64',
    'systemd',
  ].map(entry),
};

test('a lock must be for the architecture and have every package that is asked for', (t) => {
  t.notThrows(() => checkLock(lock, lists, 'amd64', 'f'));
  t.like(
    t.throws(() => checkLock(lock, lists, 'arm64', 'f')),
    { kind: 'usage', code: 'lock-mismatch' },
  );
  const more = { ...lists, rootfs: ['systemd', 'curl', 'sudo'] };
  t.like(
    t.throws(() => checkLock(lock, more, 'amd64', 'f')),
    {
      code: 'lock-mismatch',
      details: ['curl', 'sudo'],
    },
  );
});

test('the kernel of a lock, and what the base is installed from', (t) => {
  t.is(kernelRelease(lock), '6.1.0-40-amd64');
  t.deepEqual(
    offeredPackages(lock, lists).map((one) => one.name),
    ['e2fsprogs', 'libc6', 'systemd'],
  );
  const none = { ...lock, packages: [entry('systemd')] };
  t.like(
    t.throws(() => kernelRelease(none)),
    { kind: 'refused', code: 'packages-unavailable' },
  );
});

test('the simulation of apt-get is read line by line', (t) => {
  const text = [
    'Reading package lists...',
    'Inst libc6 (2.36-9+deb12u10 Debian:12.11/stable, Debian-Security:12/stable-security [amd64])',
    'Inst tzdata (2025b-0+deb12u1 Debian:12.11/stable [all])',
    'Inst libstdc++6:amd64 [12.1-1] (12.2.0-14 Debian:12.11/stable [amd64]) []',
    'Inst vim-tiny (2:9.0.1378-2 Debian:12.11/stable [amd64])',
    'Conf libc6 (2.36-9+deb12u10 Debian:12.11/stable [amd64])',
  ].join('\n');
  t.deepEqual(
    parseSimulation(text).map((one) => debName(one.name, one.version, one.arch)),
    [
      'libc6_2.36-9+deb12u10_amd64.deb',
      'tzdata_2025b-0+deb12u1_all.deb',
      'libstdc++6_12.2.0-14_amd64.deb',
      'vim-tiny_2%3a9.0.1378-2_amd64.deb',
    ],
  );
});

test('whatever apt prints, reading it never throws and finds only whole lines', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ name, version, arch }), { maxLength: 5 }),
      fc.string(),
      (wanted, noise) => {
        t.notThrows(() => parseSimulation(noise));
        const text = wanted
          .map((one) => `Inst ${one.name} (${one.version} Debian:12/stable [${one.arch}])\n`)
          .join('');
        t.deepEqual(parseSimulation(text), wanted);
      },
    ),
  );
});

test('the date of a Release file', (t) => {
  t.is(releaseDate('Origin: Debian\nDate: Sat, 17 May 2025 09:01:12 UTC\nValid-Until: x\n'), 1_747_472_472);
  t.is(releaseDate('Origin: Debian\n'), 0);
  t.is(releaseDate('Date: yesterday\n'), 0);
  fc.assert(fc.property(fc.string(), (text) => t.true(Number.isInteger(releaseDate(`Date: ${text}`)))));
});
