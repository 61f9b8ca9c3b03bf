/** A profile with everything that its file names: folders of packs, values and manifests in files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { loadProfile } from '../../../src/palette/profile/load.ts';
import { renderExport } from '../../../src/palette/profile/render/export.ts';
import { soundPack, soundValues } from '../pack-folders.ts';
import { soundAddon, soundSource } from './profile-texts.ts';

const host = linuxHost();

async function load(
  t: ExecutionContext,
  files: Readonly<Record<string, string | Uint8Array>>,
  name = 'profile.yaml',
) {
  const root = mkdtempSync(join(tmpdir(), 'bos-profile-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const { findings, ...loaded } = await loadProfile(host, join(root, name), `here/${name}`);
  const told = findings.map(
    ({ severity, place, key, message }) =>
      `${[place.file, place.line, place.column].filter((part) => part !== undefined).join(':')} ${severity} ${key ?? ''}: ${message}`,
  );
  return { ...loaded, told };
}

const folder = (files: Readonly<Record<string, string | Uint8Array>>, name = 'os') =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, text]));

const withFolder = soundSource
  .replace(
    / {2}- pack: edge-native-byoi[\s\S]*?(?= {2}- pack: edge-k3s)/,
    '  - folder: os\n    registry: Public Repo\n',
  )
  .replace(/variables:[\s\S]*/, '');

test('a pack in a folder gives its name, version, layer and values', async (t) => {
  const { profile, told } = await load(t, { ...folder(soundPack), 'profile.yaml': withFolder });
  t.deepEqual(told, []);
  t.like(profile?.packs[0], { name: 'edge-native-byoi', version: '2.1.0', layer: 'os', values: soundValues });
  t.is(JSON.parse(renderExport(profile ?? t.fail())).spec.template.packs[0].values, soundValues);
});

test('faults of its files stand in its files', async (t) => {
  const files = {
    ...soundPack,
    'values.yaml': soundValues.replace(
      'options:',
      "  drain: {timeout: 60s, cordon: true}\nmore: '{{.spectro.var.x}}'\noptions:",
    ),
  };
  const { told } = await load(t, { ...folder(files), 'profile.yaml': withFolder });
  t.true(
    told.includes(
      'here/os/values.yaml:5:20 error pack.drain.timeout: counts seconds and has no unit; write 60',
    ),
    told.join('\n'),
  );
  t.true(
    told.includes('here/os/values.yaml:6:8 error : uses x, which is not declared in variables'),
    told.join('\n'),
  );
  t.is(told.length, 3);
});

test('values in the file replace those of the folder', async (t) => {
  const values = 'options: {system.uri: "NA"}';
  const text = withFolder.replace('folder: os', `folder: os\n    values: '${values}'`);
  const { profile, told } = await load(t, { ...folder(soundPack), 'profile.yaml': text });
  t.deepEqual(told, []);
  t.is(profile?.packs[0]?.values, values);
});

test('values and manifests in files', async (t) => {
  const text = soundAddon
    .replace(/content: \|\n.*\n/, 'file: site.yaml\n')
    .replace('    type: manifest', '    values_file: values/web.yaml\n    type: manifest');
  const files = { 'site.yaml': 'a: {{.spectro.var.none}}\r\n', 'values/web.yaml': 'pack: []\n' };
  const { profile, told } = await load(t, { ...files, 'profile.yaml': text });
  t.deepEqual(told, [
    'here/values/web.yaml:1:1 error web.pack: expected a map of keys, such as namespace',
    'here/site.yaml:1:4 error : uses none, which is not declared in variables',
  ]);
  t.is(profile?.packs[0]?.manifests[0]?.content, files['site.yaml']);
});

test('what cannot be read is a fault where it is named', async (t) => {
  const text = withFolder
    .replace('folder: os', 'folder: gone')
    .replace('  - pack: cni', '  - folder: profile.yaml\n  - pack: cni');
  const { told } = await load(t, { 'profile.yaml': text });
  t.true(
    told.includes(
      'here/profile.yaml:8:13 error folder: cannot be read: it does not exist, or a link on the way leads nowhere',
    ),
    told.join('\n'),
  );
  t.true(
    told.includes(
      'here/profile.yaml:13:13 error folder: is not a folder; name the folder that pack.json is in',
    ),
    told.join('\n'),
  );
});

test('a file that is not text, and one that is not there', async (t) => {
  const { told, profile } = await load(t, { 'profile.yaml': Uint8Array.of(0xff, 0xfe) });
  t.deepEqual(told, ['here/profile.yaml error : expected UTF-8 text']);
  t.is(profile, undefined);
  const error = await t.throwsAsync(load(t, {}), { instanceOf: OpsError });
  t.like(error, { kind: 'refused', code: 'profile-unreadable' });
});
