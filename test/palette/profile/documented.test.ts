/** The documentation's own examples inside of profiles: what is said of each, and that it is valid when mended. */
import test from 'ava';
import { renderExport } from '../../../src/palette/profile/render/export.ts';
import { documentedByoos, documentedDrainConfig, documentedProfile } from '../documented.ts';
import { infra, pack, readJson, readText, said, soundAddon } from './profile-texts.ts';

const inJson = (values: string) =>
  readJson(
    renderExport({ ...infra, packs: [pack('edge-native-byoi', 'os', { values }), ...infra.packs.slice(1)] }),
  );
const messages = (faults: readonly string[]) => faults.map((fault) => fault.replace(/^\d+:\d+ /, ''));

test('the edge profile: content beside pack', (t) => {
  const [fault = '', ...more] = said(inJson(documentedProfile));
  t.regex(
    fault,
    /^19:22 edge-native-byoi: pack has nothing in it, and content beside it; indent that below pack:/,
  );
  t.deepEqual(more, []);
  const mended = documentedProfile.replaceAll(/^(content:| {2}images:| {4}- image| {2}# - image)/gm, '  $1');
  t.deepEqual(said(inJson(mended)), []);
});

test('BYOOS: system.uri twice', (t) => {
  t.deepEqual(messages(said(inJson(documentedByoos))), [
    'edge-native-byoi: gives system.uri again, indented below itself; keep one line, indented by 2',
  ]);
  t.deepEqual(said(inJson(documentedByoos.replace('  system.uri: ""\n  ', ''))), []);
});

const withManifest = (text: string) =>
  readText(soundAddon.replace('          kind: Namespace\n', text.replaceAll(/^(?=.)/gm, '          ')));

test('OS patching: a drain that ends after 0.6 s', (t) => {
  const text = documentedDrainConfig;
  t.deepEqual(said(withManifest(text)), [
    '22:19 warning: data.drain, timeout: is in nanoseconds: 600000000 is 0.6 s, in which no drain ends; for 600 s write 600000000000',
  ]);
  t.deepEqual(said(withManifest(text.replace('600000000', '600000000000'))), []);
});

test('a profile as CanvOS tests with, its placeholders filled in, has no error', (t) => {
  const registry = { metadata: { uid: 'u', name: 'Public Repo', kind: 'pack', isPrivate: false } };
  const row = (name: string, layer: string, version: string) => ({
    ...{ name, type: 'spectro', layer, version, tag: version, values: '', registry },
  });
  const text = (uid: string) =>
    JSON.stringify({
      metadata: { name: 'two-node', description: '', labels: {} },
      spec: {
        version: '1.0.0',
        template: {
          ...{ type: 'infra', cloudType: 'edge-native' },
          packs: [
            row('edge-native-byoi', 'os', '1.0.0'),
            row('edge-k3s', 'k8s', '1.27.5'),
            row('cni-custom', 'cni', '0.1.0'),
          ],
        },
      },
    }).replaceAll('"u"', JSON.stringify(uid));
  t.deepEqual(messages(said(readJson(text('5eecc89d0b150045ae661cef')))), [
    'warning: packs: has no pack in the layer csi: volumes need one',
  ]);
  t.is(
    said(readJson(text('_____place_holder_____'))).filter((fault) => fault.includes('is a placeholder'))
      .length,
    3,
  );
});
