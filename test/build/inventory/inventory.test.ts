/** What packages say of themselves: versions, stanzas, licences, and which of them the archive has newer. */
import test from 'ava';
import fc from 'fast-check';
import { compareVersions, parseStanzas, sourceOf } from '../../../src/build/inventory/debian-version.ts';
import { bundledPackages, parseInventory, renderInventory } from '../../../src/build/inventory/inventory.ts';
import { isExpression, licenceOf } from '../../../src/build/inventory/licence.ts';
import { updatesOf } from '../../../src/build/inventory/updates.ts';
import { parseOrigins } from '../../../src/build/packages/packages.ts';
import { sampleInventory } from './sample.ts';

test('versions in the order of Debian', (t) => {
  for (const [older, newer] of [
    ['1.0', '1.1'],
    ['1.9', '1.10'],
    ['1.0~rc1', '1.0'],
    ['1.0-1~deb12u1', '1.0-1'],
    ['6.1.176-1', '6.1.192-1'],
    ['9.0', '1:1.0'],
    ['1.0', '1.0a'],
    ['1.0a', '1.0+b1'],
    ['2.36-9+deb12u9', '2.36-9+deb12u10'],
    ['1.0-1', '1.0-1+b1'],
    ['1-1', '1.0-1'],
    ['20240101000000000000000001', '20240101000000000000000002'],
  ] as const) {
    t.true(compareVersions(older, newer) < 0, `${older} < ${newer}`);
    t.true(compareVersions(newer, older) > 0, `${newer} > ${older}`);
  }
  for (const same of [
    ['1.0', '1.0'],
    ['0:1.0', '1.0'],
    ['1.0-0', '1.0'],
    ['1.01', '1.1'],
  ] as const)
    t.is(compareVersions(same[0], same[1]), 0, same.join(' = '));
  const version = fc.stringMatching(/^([0-9]:)?[0-9][A-Za-z0-9.+~-]{0,9}$/);
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      t.is(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) || 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) t.true(compareVersions(a, c) <= 0);
    }),
  );
});

test('stanzas and their sources', (t) => {
  const text =
    'Package: libc6\nSource: glibc\nVersion: 2.36\nDescription: C\n more\n .\n\n\nPackage: e2fsck\nSource: e2fsprogs (1.47)\nVersion: 1.47+b2\n';
  const stanzas = parseStanzas(text);
  t.deepEqual(stanzas.map(sourceOf), [
    { source: 'glibc', sourceVersion: '2.36' },
    { source: 'e2fsprogs', sourceVersion: '1.47' },
  ]);
  t.is(stanzas[0]?.get('Description'), 'C\n more\n .');
  t.deepEqual(
    sourceOf(
      new Map([
        ['Package', 'bash'],
        ['Version', '5'],
      ]),
    ),
    { source: 'bash', sourceVersion: '5' },
  );
  fc.assert(fc.property(fc.string(), (any) => t.notThrows(() => parseStanzas(any))));
});

const dep5 = 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n';
const files = (licence: string) => `\nFiles: *\nCopyright: somebody\nLicense: ${licence}\n`;

test('licences as SPDX has them, and none where that is not sure', (t) => {
  for (const [text, expected] of [
    [dep5 + files('GPL-2+'), 'GPL-2.0-or-later'],
    [dep5 + files('Expat') + files('GPL-2+'), 'GPL-2.0-or-later AND MIT'],
    [dep5 + files('GPL-1+ or Artistic'), 'GPL-1.0-or-later OR Artistic-1.0-Perl'],
    [dep5 + files('BSD-3-clause or GPL-2') + files('Zlib'), '(BSD-3-Clause OR GPL-2.0-only) AND Zlib'],
    [dep5 + files('LGPL-2.1+ and Expat'), 'LGPL-2.1-or-later AND MIT'],
    [dep5 + files('GPL-2+ with OpenSSL exception'), undefined],
    [dep5 + files('public-domain'), undefined],
    [dep5 + files('GPL-2+ or Artistic, and Expat'), undefined],
    [dep5, undefined],
    ['This package is under the GPL, see /usr/share/common-licenses/GPL-2.\n', undefined],
    ['', undefined],
  ] as const) {
    t.is(licenceOf(text), expected, text);
    if (expected !== undefined) t.true(isExpression(expected), expected);
  }
  fc.assert(
    fc.property(fc.string(), (said) => {
      const found = licenceOf(dep5 + files(said));
      t.true(found === undefined || isExpression(found));
    }),
  );
});

test('the packages of the bundle are read from its licence texts', (t) => {
  const rule = `\n${'-'.repeat(80)}\n\n`;
  t.deepEqual(bundledPackages(`@inquirer/core 12.0.6 (MIT)\n\ntext\n(c)${rule}got 16.1.0 (MIT)\n\nmore\n`), [
    { name: '@inquirer/core', version: '12.0.6', licence: 'MIT' },
    { name: 'got', version: '16.1.0', licence: 'MIT' },
  ]);
  t.deepEqual(bundledPackages(''), []);
});

test('a package list reads back the same; anything else is refused with the place', (t) => {
  t.deepEqual(parseInventory(renderInventory(sampleInventory), 'x'), sampleInventory);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      t.like(
        t.throws(() => parseInventory(text, 'the-file')),
        { code: 'inventory-invalid', kind: 'refused' },
      );
    }),
  );
});

test('what the archive has newer, and what of it is for security', (t) => {
  const today = parseOrigins(
    [
      'Inst bash (5.2.15-2+b13 Debian:12.15/oldstable [amd64])',
      'Inst libstdc++6:amd64 (12.2.0-14+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []',
      'Inst linux-image-6.1.0-56-amd64 (6.1.192-1 Debian-Security:12/oldstable-security [amd64])',
      'Inst shim-signed (1.51~1+deb12u1+16.1-2~deb12u1 Debian:12.15/oldstable [amd64])',
      'Conf bash (5.2.15-2+b13 Debian:12.15/oldstable [amd64])',
    ].join('\n'),
  );
  t.is(today.length, 4);
  t.deepEqual(updatesOf(sampleInventory, today), [
    {
      name: 'libstdc++6',
      installed: '12.2.0-14',
      newName: 'libstdc++6',
      available: '12.2.0-14+deb12u1',
      security: true,
    },
    {
      ...{ name: 'linux-image-6.1.0-40-amd64', installed: '6.1.153-1' },
      ...{ newName: 'linux-image-6.1.0-56-amd64', available: '6.1.192-1', security: true },
    },
    {
      ...{ name: 'shim-signed', installed: '1.44~1+deb12u1+15.8-1~deb12u1', newName: 'shim-signed' },
      ...{ available: '1.51~1+deb12u1+16.1-2~deb12u1', security: false },
    },
  ]);
  t.deepEqual(updatesOf(sampleInventory, []), []);
});
