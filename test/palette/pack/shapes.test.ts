/** Many shapes of packs: what the documentation allows is no error, what it forbids is one in its place, and mending helps. */
import test from 'ava';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { edited } from '../../../src/palette/edits.ts';
import { addonTypes, cloudTypes, layers } from '../../../src/palette/pack/schema/pack-json.ts';
import { validatePack } from '../../../src/palette/pack/validate.ts';
import { runs } from '../../properties.ts';
import { documentedByoos, documentedPacks, documentedProfile } from '../documented.ts';
import { contentOf, faultsOf, type PackFileTexts, soundPack } from '../pack-folders.ts';

const name = fc.stringMatching(/^[a-z0-9]{1,8}(?:-[a-z0-9]{1,8}){0,2}$/);
const version = fc.oneof(
  fc.constantFrom('1.0.0', '18.04.4', '7.7.1908', '0.30.0-5.5.2026', 'v1', '2024-01', '1.2.3-rc.1', '22'),
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/),
);
const text = fc.string({ maxLength: 20 });
const limit = fc.record({ type: fc.constantFrom('cpu', 'memory', 'diskSize'), minLimit: fc.nat() });
const dependency = fc.record(
  {
    packName: name,
    layer: fc.constantFrom(...layers),
    type: fc.constantFrom('required', 'optional', 'notSupported', 'upgrade'),
    minVersion: text,
    maxVersion: text,
  },
  { requiredKeys: ['packName', 'layer', 'type'] },
);

const packJson = fc.record(
  {
    name: name.filter((one) => one !== 'edge-native-byoi' && one !== 'generic-byoi'),
    displayName: text.filter((one) => one !== '' && !one.startsWith('<')),
    version,
    layer: fc.constantFrom(...layers),
    cloudTypes: fc.array(fc.oneof(fc.constantFrom(...cloudTypes), name), { maxLength: 4 }),
    addonType: fc.oneof(fc.constantFrom(...addonTypes), text),
    addonSubType: text,
    group: text.filter((one) => !one.startsWith('<')),
    eol: fc.constantFrom('2028-04-30', '', ' ', 'soon'),
    annotations: fc.dictionary(name, text),
    kubeManifests: fc.constant([]),
    charts: fc.constant([]),
    commit_msg: text,
    constraints: fc.record({
      dependencies: fc.array(dependency, { maxLength: 2 }),
      resources: fc.array(limit, { maxLength: 2 }),
    }),
    unknownKey: fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null),
  },
  { requiredKeys: ['name', 'displayName', 'version', 'layer'] },
);

const withJson = (value: unknown, values = ''): PackFileTexts => ({
  ...soundPack,
  'pack.json': JSON.stringify(value, null, 1),
  'values.yaml': values,
});

const errorsOf = (files: PackFileTexts) => faultsOf(files).filter((fault) => !/^\S+ warning: /.test(fault));

test('whatever the documentation allows is no error', (t) => {
  fc.assert(
    fc.property(packJson, (value) => {
      t.deepEqual(errorsOf(withJson(value)), [], JSON.stringify(value));
    }),
    { numRuns: runs(300) },
  );
});

const otherTypes: Readonly<Record<string, readonly unknown[]>> = {
  name: [1, true, [], {}, null, ''],
  displayName: [1, false, ['a'], {}, null, ''],
  version: [1, 2.5, true, [], {}, null, ''],
  layer: [1, true, [], 'OS', 'none', null],
  group: [1, [], {}, null],
  eol: [2028, {}, null],
  cloudTypes: ['all', {}, [1], [['all']], 3, null],
  cloudType: [1, ['aws'], null],
  charts: ['a.tgz', {}, [1], null],
  kubeManifests: ['a.yaml', {}, [true], null],
  annotations: ['a', 1, { a: 1 }, { a: true }, { a: [] }, null],
  constraints: [[], 'a', { dependencies: {} }, { dependencies: [{}] }, { resources: [{ type: 'disk' }] }],
  addonType: [1, ['a'], null],
};

test('every wrong type is an error, in the line of its key or behind it', (t) => {
  const wrong = Object.entries(otherTypes).flatMap(([key, values]) =>
    values.map((value) => [key, value] as const),
  );
  fc.assert(
    fc.property(packJson, fc.constantFrom(...wrong), (sound, [key, value]) => {
      const files = withJson({ ...sound, [key]: value });
      const lines = String(files['pack.json']).split('\n');
      const line = lines.findIndex((one) => one.startsWith(` "${key}":`)) + 1;
      const next = lines.findIndex((one, index) => index >= line && /^ ?["}]/.test(one)) + 1;
      const found = errorsOf(files).map((fault) => Number(fault.split(':')[1]));
      t.true(
        found.some((one) => one >= line && one < next),
        `${key} ${JSON.stringify(value)}: ${errorsOf(files).join('; ')}`,
      );
    }),
    { numRuns: runs(300) },
  );
});

test('values of a chart, whatever they are, are no error; passwords are never shown', (t) => {
  const secret = 'hush-hush-hush';
  const values = fc
    .dictionary(name, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 })
    .filter((value) => Object.keys(value).every((key) => !['pack', 'charts', 'manifests'].includes(key)))
    // Of YAML 1.1 this is the key that merges maps, and nothing else may stand behind it.
    .filter((value) => !JSON.stringify(value).includes('"<<":'));
  const pack = {
    name: 'a',
    displayName: 'A',
    version: '1.0.0',
    layer: 'addon',
    addonType: 'ai',
    cloudTypes: ['all'],
  };
  fc.assert(
    fc.property(values, (value) => {
      const files = withJson(pack, stringify({ ...value, db: { password: secret } }, { version: '1.1' }));
      t.deepEqual(errorsOf(files), [], String(files['values.yaml']));
      t.false(faultsOf(files).some((fault) => fault.includes(secret)));
      t.true(faultsOf(files).some((fault) => fault.includes('password as plain text')));
    }),
    { numRuns: runs(150) },
  );
});

test('mending: fewer faults, nothing lost, nothing to do the second time', (t) => {
  const spoilt = fc
    .constantFrom(...Object.values(documentedPacks))
    .chain((json) =>
      fc
        .subarray([
          (one: string) => one.replace('"kubeManifests"', '"KubeManifests"'),
          (one: string) => one.replace('"7.7.1908"', '7.10'),
          (one: string) => one.replace('"skipK8sInstall": "false"', '"skipK8sInstall": false'),
          (one: string) => one.replace('"layer": "os",', '"layer": "os"'),
          (one: string) => one.replace('"group"', "'group'"),
          (one: string) => `\ufeff${one}`,
          (one: string) => one.replaceAll('\n', '\r\n'),
        ])
        .map((changes) => changes.reduce((one, change) => change(one), json as string)),
    );
  const yaml = fc.constantFrom(documentedByoos, documentedProfile, '');
  fc.assert(
    fc.property(spoilt, yaml, (json, values) => {
      let files: PackFileTexts = { ...soundPack, 'pack.json': json, 'values.yaml': values };
      const mend = (): number => {
        const { findings } = validatePack(contentOf(files));
        const mended = Object.entries(files).map(([path, before]) => {
          const edits = findings.flatMap((finding) => (finding.file === path ? finding.edits : []));
          return [path, edits.length === 0 ? before : edited(String(before), edits)];
        });
        files = Object.fromEntries(mended);
        return findings.filter(({ edits }) => edits.length > 0).length;
      };
      for (let round = 0; round < 5 && mend() > 0; round++);
      t.is(mend(), 0, JSON.stringify(files['pack.json']));
      t.deepEqual(errorsOf(files), [], String(files['pack.json']));
      const meta = JSON.parse(String(files['pack.json']));
      t.is(meta.layer, 'os');
      t.is(typeof meta.version, 'string');
      if (json.includes('7.10')) t.is(meta.version, '7.10');
      for (const comment of values.match(/# .*/g) ?? [])
        t.true(String(files['values.yaml']).includes(comment));
    }),
    { numRuns: runs(100) },
  );
});
