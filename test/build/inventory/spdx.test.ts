/** The SBOM: valid by the rules of SPDX 2.3, the same for the same image, with a purl for each package. */
import test from 'ava';
import fc from 'fast-check';
import type { Inventory } from '../../../src/build/inventory/inventory.ts';
import { purlOf, renderSpdx } from '../../../src/build/inventory/spdx.ts';
import { sampleInventory } from './sample.ts';
import { spdxFaults } from './spdx-rules.ts';

const dcp = { version: 'v1.29.4+dcp1', sha256: 'd'.repeat(64) };
const parsed = (inventory: Inventory, withDcp = true) =>
  JSON.parse(renderSpdx(inventory, withDcp ? dcp : undefined));

test('an SBOM is valid, with every part in it', (t) => {
  const sbom = parsed(sampleInventory);
  t.deepEqual(spdxFaults(sbom), []);
  const names = sbom.packages.map(({ name }: { name: string }) => name);
  for (const name of [
    'bhojpur-os',
    'opsctl',
    'node',
    'libstdc++6',
    'got',
    '@inquirer/core',
    'firmware',
    'dcp',
  ])
    t.true(names.includes(name), name);
  t.false(renderSpdx(sampleInventory).includes('SPDXRef-dcp'));
  t.is(sbom.creationInfo.created, '2026-11-27T02:10:32Z');
});

test('the same image gives the same bytes, another one another namespace', (t) => {
  t.is(renderSpdx(sampleInventory, dcp), renderSpdx(structuredClone(sampleInventory), dcp));
  const other = { ...sampleInventory, date: sampleInventory.date + 1 };
  t.not(parsed(other).documentNamespace, parsed(sampleInventory).documentNamespace);
  t.not(parsed(sampleInventory, false).documentNamespace, parsed(sampleInventory).documentNamespace);
});

test('whatever the names, versions and licences are, the SBOM stays valid', (t) => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,12}$/);
  const version = fc.stringMatching(/^([0-9]:)?[0-9][A-Za-z0-9.+~-]{0,9}$/);
  const licence = fc.oneof(fc.constantFrom('GPL-2.0-only', 'MIT AND Zlib', null), fc.string());
  const one = fc.record({ name, version, source: name, sourceVersion: version, licence });
  fc.assert(
    fc.property(fc.uniqueArray(one, { maxLength: 6, selector: (row) => row.name }), (rows) => {
      const packages = rows.map((row) => ({ ...row, arch: 'amd64', part: 'os' as const, sha256: null }));
      t.deepEqual(spdxFaults(parsed({ ...sampleInventory, packages })), []);
    }),
  );
});

test('the rules find what is wrong', (t) => {
  const broken: readonly ((sbom: ReturnType<typeof parsed>) => void)[] = [
    (sbom) => delete sbom.dataLicense,
    (sbom) => delete sbom.packages[1].downloadLocation,
    (sbom) => {
      sbom.packages[1].licenseDeclared = 'GPL 2';
    },
    (sbom) => {
      sbom.packages[1].SPDXID = sbom.packages[0].SPDXID;
    },
    (sbom) => sbom.relationships.pop(),
    (sbom) => sbom.packages.pop(),
    (sbom) => {
      sbom.creationInfo.created = '2026-11-27';
    },
  ];
  for (const change of broken) {
    const sbom = parsed(sampleInventory);
    change(sbom);
    t.not(spdxFaults(sbom).length, 0, String(change));
  }
});

test('package URLs', (t) => {
  const base = { arch: 'amd64', part: 'os', licence: null, sha256: null } as const;
  for (const [name, version, source, sourceVersion, expected] of [
    ['bash', '5.2.15-2+b13', 'bash', '5.2.15-2', 'bash@5.2.15-2%2Bb13?arch=amd64&distro=debian-12'],
    [
      'vim-tiny',
      '2:9.0.1378-2',
      'vim',
      '2:9.0.1378-2',
      'vim-tiny@2:9.0.1378-2?arch=amd64&distro=debian-12&upstream=vim%402:9.0.1378-2',
    ],
    [
      'libstdc++6',
      '12.2.0-14',
      'gcc-12',
      '12.2.0-14',
      'libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-14',
    ],
    [
      'tzdata',
      '2025b-0+deb12u1',
      'tzdata',
      '2025b-0+deb12u1',
      'tzdata@2025b-0%2Bdeb12u1?arch=amd64&distro=debian-12',
    ],
  ] as const)
    t.is(purlOf({ ...base, name, version, source, sourceVersion }), `pkg:deb/debian/${expected}`);
});
