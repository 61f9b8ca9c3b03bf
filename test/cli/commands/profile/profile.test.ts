/** `opsctl profile` and `opsctl terraform` as they are typed, and as a profile is asked for. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { profileCommand } from '../../../../src/cli/commands/profile/command.ts';
import { initProfile } from '../../../../src/cli/commands/profile/init-action.ts';
import { terraformCommand } from '../../../../src/cli/commands/terraform/command.ts';
import { OpsError } from '../../../../src/errors.ts';
import { soundPack } from '../../../palette/pack-folders.ts';
import { soundAddon, soundSource } from '../../../palette/profile/profile-texts.ts';
import { type FakeRoot, fakeRoot } from '../../../runtime/fake-root.ts';
import { runInside } from '../inside.ts';
import { fakeTerminal } from '../install/fake-world.ts';
import { esc, type Script, scriptedAsk } from '../install/scripted-ask.ts';

const profile = (fake: FakeRoot, ...argv: readonly string[]) => runInside(fake, profileCommand, argv);
const terraform = (fake: FakeRoot, ...argv: readonly string[]) => runInside(fake, terraformCommand, argv);

async function rootWith(t: ExecutionContext, files: Readonly<Record<string, string | Uint8Array>>) {
  const fake = await fakeRoot(t);
  for (const [path, text] of Object.entries(files)) {
    await fake.host.files.makeDir(join(fake.root, path, '..'));
    await fake.host.files.write(join(fake.root, path), text);
  }
  fake.effects.length = 0;
  return fake;
}

const packFolder = Object.fromEntries(Object.entries(soundPack).map(([path, text]) => [`os/${path}`, text]));

test('nothing is said of sound profiles, in either form', async (t) => {
  const fake = await rootWith(t, { 'a.yaml': soundSource, 'b.yaml': soundAddon });
  const { out } = await profile(fake, 'render', '/a.yaml');
  await fake.host.files.write(join(fake.root, 'a.json'), out);
  t.deepEqual(await profile(fake, 'validate', '/a.yaml', '/b.yaml', '/a.json'), {
    exitCode: 0,
    out: '',
    err: '',
  });
});

test('what an export says of itself is left out, and that is said', async (t) => {
  const fake = await rootWith(t, { 'a.yaml': soundSource });
  const plain = (await profile(fake, 'render', '/a.yaml')).out;
  const exported = JSON.parse(plain);
  Object.assign(exported, { apiVersion: 'v1', kind: 'ClusterProfile' });
  Object.assign(exported.metadata, { uid: 'u1', annotations: { scope: 'project' } });
  for (const pack of exported.spec.template.packs) {
    pack.uid = 'u2';
    for (const manifest of pack.manifests ?? []) manifest.uid = 'u3';
  }
  await fake.host.files.write(join(fake.root, 'a.json'), JSON.stringify(exported));
  const leftOut = [
    ...['apiVersion', 'kind', 'metadata.uid', 'metadata.annotations', 'spec.template.packs[].uid'],
    ...(plain.includes('"manifests"') ? ['spec.template.packs[].manifests[].uid'] : []),
  ];
  const note = `note: left out, as Palette gives them anew: ${leftOut.join(', ')}\n`;
  t.deepEqual(await profile(fake, 'render', '/a.json'), { exitCode: 0, out: plain, err: note });
  t.is((await profile(fake, 'render', '/a.json', '--as', 'source')).err, note);
  t.is((await terraform(fake, '/a.json')).err, note);
  const checked = JSON.parse((await profile(fake, 'validate', '--json', '/a.json', '/a.yaml')).out);
  t.like(checked, { profiles: [{ leftOut }, { leftOut: [] }], diagnostics: [] });
  const written = await profile(fake, 'render', '/a.json', '-o', '/b.json', '--json');
  t.is(written.exitCode, 0, written.err);
  t.deepEqual(JSON.parse(written.out).leftOut, leftOut);
  t.is((await profile(fake, 'render', '/a.json', '--json')).exitCode, 2);
  // Of one without, nothing is said.
  t.is((await profile(fake, 'render', '/b.json')).err, '');
});

test('the faults of all files at once; one that is not there is one of them', async (t) => {
  const fake = await rootWith(t, {
    'a.yaml': soundSource.replace('layer: k8s', 'layer: cni'),
    'b.json': '{,}',
  });
  const { exitCode, out, err } = await profile(fake, 'validate', '/a.yaml', '/b.json', '/c.yaml');
  t.is(exitCode, 2);
  t.is(out, '');
  for (const line of [
    'There are 4 errors in /a.yaml, /b.json, /c.yaml',
    '/a.yaml:1:1: packs: has no pack in the layer k8s; it needs exactly one',
    '/b.json:1:2: is a comma with nothing before it',
    '/c.yaml: cannot be read: it does not exist',
  ])
    t.true(err.includes(line), err);
  const { diagnostics, profiles } = JSON.parse(
    (await profile(fake, 'validate', '--json', '/a.yaml', '/b.json')).out,
  );
  t.is(diagnostics.length, 3);
  t.like(diagnostics[0], { severity: 'error', file: '/a.yaml', line: 1, column: 1, key: 'packs' });
  t.deepEqual(profiles[1], {
    file: '/b.json',
    form: 'export',
    leftOut: [],
    name: null,
    version: null,
    type: null,
    packs: null,
  });
});

test('a profile with errors is neither rendered nor sent to Terraform', async (t) => {
  const fake = await rootWith(t, { 'a.yaml': soundSource.replace('layer: k8s', 'layer: cni') });
  for (const run of [
    await profile(fake, 'render', '/a.yaml', '-o', '/x'),
    await terraform(fake, '/a.yaml', '-o', '/x'),
  ]) {
    t.is(run.exitCode, 2);
    t.is(run.out, '');
  }
  t.deepEqual(fake.effects, []);
});

test('a file is written once, for its owner alone, and replaced when that is said', async (t) => {
  const fake = await rootWith(t, { 'a.yaml': soundSource });
  t.is((await profile(fake, 'render', '/a.yaml', '-o', '/p.json')).exitCode, 0);
  t.is((await fake.host.files.stat(join(fake.root, 'p.json')))?.mode, 0o600);
  const again = await profile(fake, 'render', '/a.yaml', '-o', '/p.json');
  t.is(again.exitCode, 3);
  t.regex(again.err, /\/p\.json exists/);
  t.is((await terraform(fake, '/a.yaml', '-o', '/p.json', '--force')).exitCode, 0);
  t.regex(await fake.read('p.json'), /^terraform \{/);
  t.is((await profile(fake, 'render', '/a.yaml', '-o', '/', '--force')).exitCode, 3);
  const nowhere = await terraform(fake, '/a.yaml', '-o', '/none/main.tf');
  t.is(nowhere.exitCode, 3);
  t.regex(nowhere.err, /The folder \/none does not exist/);
});

test('an export becomes a file to edit, and is the same', async (t) => {
  const fake = await rootWith(t, { 'a.yaml': soundSource });
  await profile(fake, 'render', '/a.yaml', '-o', '/a.json');
  await profile(fake, 'render', '/a.json', '--as', 'source', '-o', '/b.yaml');
  t.deepEqual(await profile(fake, 'diff', '/a.yaml', '/b.yaml'), { exitCode: 0, out: '', err: '' });
  t.regex(await fake.read('b.yaml'), /\n {4}values: \|\n {6}# The OS\.\n {6}pack:\n/);
});

test('diff ends with 2, says what differs, and has it as JSON', async (t) => {
  const fake = await rootWith(t, {
    'a.yaml': soundSource,
    'b.yaml': soundSource.replace('1.33.5', '1.33.6'),
  });
  const { exitCode, out } = await profile(fake, 'diff', '/a.yaml', '/b.yaml');
  t.is(exitCode, 2);
  t.is(out, '~ pack edge-k3s: version: 1.33.5 → 1.33.6\n');
  const found = JSON.parse((await profile(fake, 'diff', '--json', '/a.yaml', '/b.yaml')).out);
  t.deepEqual(found, {
    ...{ v: 1, same: false },
    changes: [
      { in: 'pack', name: 'edge-k3s', key: 'version', how: 'changed', before: '1.33.5', after: '1.33.6' },
    ],
  });
  t.is((await profile(fake, 'diff', '/a.yaml', '/none')).exitCode, 3);
});

test('stdin is read once', async (t) => {
  const fake = await rootWith(t, {});
  for (const run of [profile(fake, 'diff', '-', '-'), profile(fake, 'validate', '-', '-')])
    t.like(await run, {
      ...{ exitCode: 2, out: '' },
      err: 'error: - can be given only once\nhint: Give files for the others.\n',
    });
  t.regex((await terraform(fake, 'validate', '-', '/a', '-')).err, /- can be given only once/);
});

test('of one that cannot be read to its end nothing is compared', async (t) => {
  const fake = await rootWith(t, { 'a.yaml': soundSource, 'b.yaml': 'a: [' });
  const { exitCode, out, err } = await profile(fake, 'diff', '/a.yaml', '/b.yaml');
  t.deepEqual([exitCode, out], [2, '']);
  t.regex(err, /\/b\.yaml:1:4/);
});

const edge = ['--type', 'infra', '--name', 'edge', '--registry', 'Team'];

test('init: packs in the order of their layers, each in its layer', async (t) => {
  const fake = await rootWith(t, packFolder);
  const mixed = ['csi-x:1.0.0', 'cni-calico:3.30.2', '/os', 'edge-k3s:1.33.5'].flatMap((pack) => [
    '--pack',
    pack,
  ]);
  const { exitCode, out, err } = await profile(fake, 'init', ...edge, ...mixed, '-o', '/new/profile.yaml');
  t.is(exitCode, 0, err);
  t.regex(
    out,
    /^\/new\/profile\.yaml has the profile edge of edge-native-byoi 2\.1\.0, edge-k3s 1\.33\.5, cni-calico 3\.30\.2, csi-x 1\.0\.0\./,
  );
  t.regex(
    await fake.read('new/profile.yaml'),
    /\n {2}- folder: \.\.\/os\n {4}registry: Team\n {2}- pack: edge-k3s:1\.33\.5\n {4}layer: k8s\n/,
  );
  t.is((await profile(fake, 'validate', '/new/profile.yaml')).err, '');
  t.is((await profile(fake, 'init', ...edge, ...mixed, '-o', '/new/profile.yaml')).exitCode, 3);
});

const refused = test.macro<[string[], RegExp]>({
  title: (_, argv) => `refused: ${argv.join(' ')}`,
  exec: async (t, argv, why) => {
    const fake = await rootWith(t, packFolder);
    const { exitCode, err } = await profile(fake, 'init', '-o', '/profile.yaml', ...argv);
    t.is(exitCode, 2);
    t.regex(err, why);
    t.is(await fake.host.files.stat(join(fake.root, 'profile.yaml')), undefined);
  },
});
test(refused, [], /A profile needs more\n {2}--type <type>/);
test(refused, [...edge, '--pack', '/os'], /has no pack in the layer k8s/);
test(refused, [...edge, '--pack', '/none'], /\/none is neither NAME:VERSION nor the folder of a pack/);
test(refused, ['--type', 'rocket'], /rocket/);
test(refused, ['--type', 'add-on', '--name', 'x', '--pack', '/os'], /holds only add-ons/);

test('asked layer by layer; Esc goes back', async (t) => {
  const fake = await rootWith(t, packFolder);
  const script: Script = [
    [/Which type/, 'infra'],
    [/Name of the profile/, 'a b'],
    [/Name of the profile/, 'edge'],
    [/Version of the profile/, esc],
    [/Name of the profile/, 'edge'],
    [/Version of the profile/, ''],
    [/Pack for os/, ''],
    [/Pack for os/, '/none'],
    [/Pack for os/, join(fake.root, 'os')],
    // What was asked for decides, whatever its name says.
    [/Pack for k8s/, 'my-own:1.0.0'],
    [/Pack for cni/, 'cni-calico:1.0.0'],
    [/Pack for csi/, ''],
    [/Registry/, ''],
  ];
  const ask = scriptedAsk(...script);
  const terminal = fakeTerminal({ stdinIsTty: true });
  const context = {
    ...{ host: fake.host, workstation: async () => fake.host, terminal, verbose: false },
    signal: new AbortController().signal,
  };
  const output = join(fake.root, 'p.yaml');
  t.is(await initProfile(context, { output }, ask), 0);
  t.deepEqual(ask.left, []);
  t.regex(terminal.written.out, /edge-native-byoi 2\.1\.0, my-own 1\.0\.0, cni-calico 1\.0\.0\./);
  t.regex(await fake.read('p.yaml'), /registry: Public Repo\n {2}- pack: my-own:1\.0\.0\n {4}layer: k8s\n/);
  const left = await t.throwsAsync(initProfile(context, { output }, scriptedAsk([/Which type/, esc])), {
    instanceOf: OpsError,
  });
  t.is(left?.kind, 'interrupted');
});

test('terraform validate: the example of the documentation', async (t) => {
  const fake = await rootWith(t, { 'main.tf': 'data "spectrocloud_pack_simple" "x" {\n  type = "os"\n' });
  const { exitCode, err } = await terraform(fake, 'validate', '/main.tf', '/none.tf');
  t.is(exitCode, 2);
  t.regex(err, /\/main\.tf:1:1: opens a block that is not closed/);
  t.regex(err, /\/main\.tf:2:10: "os" is not a type of spectrocloud_pack_simple/);
  t.regex(err, /\/none\.tf: cannot be read/);
  t.is((await terraform(fake)).exitCode, 2);
  t.is((await terraform(fake, 'validate')).exitCode, 2);
});
