/** `opsctl pack init` as it is typed, and as it is asked. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packCommand } from '../../../../src/cli/commands/pack/command.ts';
import { initPack } from '../../../../src/cli/commands/pack/init-action.ts';
import { OpsError } from '../../../../src/errors.ts';
import { fakeRoot } from '../../../runtime/fake-root.ts';
import { runInside } from '../inside.ts';
import { fakeTerminal } from '../install/fake-world.ts';
import { esc, type Script, scriptedAsk } from '../install/scripted-ask.ts';

const edge = ['--kind', 'edge', '--uri', 'registry.example.com/bos:1'];

async function typed(t: ExecutionContext, ...argv: readonly string[]) {
  const fake = await fakeRoot(t);
  await fake.host.files.makeDir(join(fake.root, 'out'));
  const run = await runInside(fake, packCommand, ['init', '--output', '/out', ...argv]);
  return { ...run, fake, made: await fake.host.files.list(join(fake.root, 'out')) };
}

test('a pack, then a valid one', async (t) => {
  const { exitCode, out, fake, made } = await typed(t, ...edge);
  t.is(exitCode, 0);
  t.deepEqual(made, ['edge-native-byoi-1.0.0']);
  t.regex(out, /^\/out\/edge-native-byoi-1\.0\.0 has the pack: pack\.json, values\.yaml, logo\.png/);
  const checked = await runInside(fake, packCommand, ['validate', '/out/edge-native-byoi-1.0.0']);
  t.deepEqual(checked, { exitCode: 0, out: '', err: '' });
});

test('of a build: version and names are those of the system in it', async (t) => {
  const fake = await fakeRoot(t);
  const manifest = { v: 1, arch: 'amd64', kernel: '6.1', os: '0.3.1', dcp: null, files: [] };
  await fake.write('build/manifest-amd64.json', JSON.stringify(manifest));
  const argv = ['init', '--output', '/out', ...edge];
  const { out } = await runInside(fake, packCommand, [...argv, '--build', '/build', '--json']);
  t.is(JSON.parse(out).path, '/out/edge-native-byoi-0.3.1');
  t.regex(await fake.read('out/edge-native-byoi-0.3.1/values.yaml'), /system\.osVersion: 0\.3\.1\n/);
  t.regex((await runInside(fake, packCommand, [...argv, '--build', '/etc'])).err, /\/etc has no build/);
});

test('of a build for Palette: its image is named; an option says more than the build', async (t) => {
  const fake = await fakeRoot(t);
  const manifest = { v: 1, arch: 'amd64', kernel: '6.1', os: '0.3.1', dcp: null, files: [] };
  await fake.write('build/manifest-amd64.json', JSON.stringify(manifest));
  const reference = 'registry.example.com/bos:k3s-1.29.4-v4.5.4';
  await fake.write('build/bos-palette-amd64.json', JSON.stringify({ v: 1, reference, digest: 'sha256:0' }));
  const argv = ['init', '--output', '/out', '--build', '/build', '--kind'];
  t.is((await runInside(fake, packCommand, [...argv, 'edge'])).exitCode, 0);
  const values = await fake.read('out/edge-native-byoi-0.3.1/values.yaml');
  t.true(values.includes(`system.uri: ${reference}\n`), values);
  const own = [...argv, 'edge', '--uri', 'a.example/b:1', '--pack-version', '0.3.2'];
  t.is((await runInside(fake, packCommand, own)).exitCode, 0);
  t.regex(await fake.read('out/edge-native-byoi-0.3.2/values.yaml'), /system\.uri: a\.example\/b:1\n/);
  const generic = [...argv, 'generic', '--image', 'ami-1', '--region', 'us-east-1'];
  t.notRegex((await runInside(fake, packCommand, generic)).err, /--uri/);
  await fake.write('build/bos-palette-amd64.json', '{');
  const broken = await runInside(fake, packCommand, [...argv, 'edge', '--pack-version', '9.9.9']);
  t.is(broken.exitCode, 3);
  t.regex(broken.err, /bos-palette-amd64\.json does not name an image/);
});

const refused = test.macro<[string[], RegExp]>({
  title: (_, argv) => `refused: ${argv.join(' ')}`,
  exec: async (t, argv, why) => {
    const { exitCode, err, made } = await typed(t, ...argv);
    t.is(exitCode, 2);
    t.regex(err, why);
    t.deepEqual(made, []);
  },
});
test(refused, [], /Which kind of pack is not said/);
test(refused, ['--kind', 'edge'], /needs more\n {2}--uri <image>/);
test(refused, ['--kind', 'rocket'], /rocket/);
test(refused, [...edge, '--region', 'us-east-1'], /--region cannot be combined with --kind edge/);
test(refused, [...edge, '--manifest', '/a.yaml'], /An OS pack has no charts and manifests/);
test(
  refused,
  ['--kind', 'edge', '--uri', 'https://a/b'],
  /--uri is "https:\/\/a\/b": expected the name of an image/,
);
test(refused, [...edge, '--name', 'A B'], /--name is "A B": expected lower-case letters/);
test(
  refused,
  [...edge, '--logo', '/etc/passwd'],
  /^error: --logo: \/etc\/passwd is not a picture in PNG: it begins as something else\n/,
);

test('asked: only what the command line has not said; Esc goes back', async (t) => {
  const fake = await fakeRoot(t);
  const script: Script = [
    [/Which kind/, 'AWS'],
    [/Name of the pack/, 'Golden'],
    [/Name of the pack/, 'golden'],
    [/Version of the pack/, ''],
    [/Name to show/, esc],
    [/Version of the pack/, '2.0.0'],
    [/Name to show/, 'Golden'],
    [/Image/, 'ami-071f6fc516c53fca1'],
    [/Account/, '421085264799'],
    [/Name of the OS/, 'centos'],
    [/User for ssh/, 'centos'],
    [/Kubernetes already/, ''],
  ].map(([question, answer]) => [question as RegExp, answer as string]);
  const ask = scriptedAsk(...script);
  const terminal = fakeTerminal({ stdinIsTty: true });
  const context = {
    ...{ host: fake.host, workstation: async () => fake.host, terminal, verbose: false },
    signal: new AbortController().signal,
  };
  t.is(await initPack(context, { region: 'us-east-1', output: fake.root }, ask), 0);
  t.deepEqual(ask.left, []);
  const meta = JSON.parse(await fake.read('golden-2.0.0/pack.json'));
  t.like(meta, { name: 'golden', version: '2.0.0', displayName: 'Golden', layer: 'os', cloudTypes: ['aws'] });
  t.like(meta.annotations, { cloudRegion: 'us-east-1', skipK8sInstall: 'false' });
  const left = await t.throwsAsync(
    initPack(context, { output: fake.root }, scriptedAsk([/Which kind/, esc])),
    {
      instanceOf: OpsError,
    },
  );
  t.is(left?.kind, 'interrupted');
});
