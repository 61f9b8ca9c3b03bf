/** The documentation's own examples: what is said of each as it stands, and that it is valid when mended. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { fixPack } from '../../../src/palette/pack/fix.ts';
import { validatePack } from '../../../src/palette/pack/validate.ts';
import {
  documentedAddon,
  documentedAddonValues,
  documentedByoos,
  documentedDrain,
  documentedGeneric,
  documentedImages,
  documentedPacks,
  documentedProfile,
} from '../documented.ts';
import { contentOf, faultsOf, packFolder, soundPack, withMeta, withValues } from '../pack-folders.ts';

const host = linuxHost();
const comma = 'is a comma with nothing behind it, before }; remove it';
const fixed = async (t: Parameters<typeof packFolder>[0], files: Parameters<typeof faultsOf>[0]) => {
  const folder = packFolder(t, files);
  const { findings, fixed: mended } = await fixPack(host, folder, 'p');
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  return { findings: findings.map(({ severity, message }) => `${severity}: ${message}`), mended, read };
};

for (const [name, text] of Object.entries(documentedPacks))
  test(`an OS pack for ${name}: both commas are found and removed, and then it is valid`, async (t) => {
    const files = { ...soundPack, 'pack.json': text, 'values.yaml': '' };
    const faults = faultsOf(files);
    t.is(faults.filter((fault) => fault.endsWith(comma)).length, 2);
    t.deepEqual(
      faults.filter((fault) => !fault.includes('warning:') && !fault.endsWith(comma)),
      [],
    );
    t.is(
      faults.some((fault) => fault.includes('password as plain text')),
      text.includes('sshPassword'),
    );
    t.false(faults.some((fault) => fault.includes('"password"')));
    t.is(
      faults.some((fault) => fault.includes('semantic version')),
      text.includes('18.04.4'),
    );
    const { findings, read } = await fixed(t, files);
    t.false(findings.some((finding) => finding.startsWith('error')));
    t.deepEqual(JSON.parse(read('pack.json')), JSON.parse(text.replaceAll(/,(?=\n\})/g, '')));
  });

test('the places of a comma', (t) => {
  const files = { ...soundPack, 'pack.json': documentedPacks.aws, 'values.yaml': '' };
  t.deepEqual(faultsOf(files), [`pack.json:10:26 ${comma}`, `pack.json:19:22 ${comma}`]);
});

test('the example of a custom pack: every placeholder, and the file that is not there', (t) => {
  const faults = faultsOf({ ...soundPack, 'pack.json': documentedAddon, 'values.yaml': '' });
  for (const key of ['displayName', 'group', 'name', 'version', 'layer'])
    t.true(
      faults.some((fault) => fault.includes(`${key}: is a placeholder of the documentation`)),
      key,
    );
  t.true(faults.includes('pack.json:8:19 kubeManifests[0]: is not in the pack'));
  t.true(faults.some((fault) => fault.includes('cloudTypes: is missing')));
});

test('its values: placeholders are no YAML', (t) => {
  const [first, ...more] = faultsOf(withValues(documentedAddonValues));
  t.is(first, 'values.yaml:5:1 is a placeholder of the documentation; write your own values in its place');
  t.deepEqual(more, []);
});

test('content without its indentation: told, and mended', async (t) => {
  const files = withMeta(
    { name: 'two', layer: 'addon', addonType: 'system app' },
    { 'values.yaml': documentedImages },
  );
  const [first = '', ...more] = faultsOf(files);
  t.regex(
    first,
    /^values\.yaml:1:1 pack has nothing in it, and content, images beside it; indent these below pack:/,
  );
  t.deepEqual(more, []);
  const { findings, read } = await fixed(t, files);
  t.deepEqual(findings, []);
  t.is(
    read('values.yaml'),
    'pack:\n  content:\n    images:\n    - docker.io/example-image:latest\n    - gcr.io/example-image-two:latest\n',
  );
});

test('BYOOS: the second system.uri is told with its place, and the empty one goes', async (t) => {
  t.deepEqual(faultsOf(withValues(documentedByoos)), [
    'values.yaml:12:5 gives system.uri again, indented below itself; keep one line, indented by 2',
  ]);
  const { findings, read } = await fixed(t, withValues(documentedByoos));
  t.deepEqual(findings, []);
  t.is(
    read('values.yaml'),
    documentedByoos.replace('  system.uri: ""\n    system.uri: example', '  system.uri: example'),
  );
});

test('BYOOS, drain uncommented: what the table and the example say differently is asked for', (t) => {
  const faults = faultsOf(withMeta({ name: 'other' }, { 'values.yaml': documentedDrain }));
  t.deepEqual(faults, [
    'values.yaml:2:3 warning: pack.drain: leaves out ignoreDaemonSets, deleteLocalData, force: the documentation has false in its table and true in its example; write what you mean',
  ]);
});

test('BYOOS for other clouds: valid as it is', (t) => {
  t.deepEqual(faultsOf(withMeta({ name: 'generic-byoi' }, { 'values.yaml': documentedGeneric })), []);
});

test('the edge profile: content beside pack, told with how it is meant, and moved in with its comments', async (t) => {
  const [first = '', ...more] = faultsOf(withValues(documentedProfile));
  t.regex(
    first,
    /^values\.yaml:1:1 pack has nothing in it, and content beside it.*\n {4}pack:\n {6}content: …$/s,
  );
  t.deepEqual(more, []);
  const { findings, read } = await fixed(t, withValues(documentedProfile));
  t.deepEqual(findings, []);
  t.true(read('values.yaml').startsWith('pack:\n  content:\n    images: \n      - image: '));
  t.true(read('values.yaml').includes('\n      # - image: example.io/my-other-images/example:v1.0.0 \n'));
  t.true(read('values.yaml').includes('\noptions: \n  system.uri: example.io'));
});

test('the table of the documentation: KubeManifests, and annotations as an array', async (t) => {
  const files = withMeta({ KubeManifests: [], annotations: [{ name: 'osName', value: 'centos' }] });
  t.deepEqual(faultsOf(files), [
    'pack.json:9:3 warning: gives KubeManifests, whose name is kubeManifests; written so it is passed over',
    'pack.json:10:3 annotations: is a list, as the table of the documentation has it, but Palette reads a map of texts: {"name": "value"}',
  ]);
  const { findings, read } = await fixed(t, files);
  t.deepEqual(findings, []);
  t.like(JSON.parse(read('pack.json')), { kubeManifests: [], annotations: { osName: 'centos' } });
});

test('a cloudType becomes cloudTypes', async (t) => {
  const files = withMeta({ cloudTypes: undefined, cloudType: 'edge-native' });
  t.deepEqual(faultsOf(files), [
    'pack.json:6:3 warning: is the old form of cloudTypes; write "cloudTypes": ["edge-native"]',
  ]);
  const { findings, read } = await fixed(t, files);
  t.deepEqual(findings, []);
  t.deepEqual(JSON.parse(read('pack.json')).cloudTypes, ['edge-native']);
});

test('a sound pack has no fault, and nothing is written', async (t) => {
  t.deepEqual(faultsOf(soundPack), []);
  const { name, version, layer } = validatePack(contentOf(soundPack));
  t.deepEqual({ name, version, layer }, { name: 'edge-native-byoi', version: '2.1.0', layer: 'os' });
  t.deepEqual((await fixed(t, soundPack)).mended, []);
});
