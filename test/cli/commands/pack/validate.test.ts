/** `opsctl pack validate` as it is typed. */
import { join } from 'node:path';
import test from 'ava';
import { packCommand } from '../../../../src/cli/commands/pack/command.ts';
import { documentedPacks } from '../../../palette/documented.ts';
import { logo, type PackFileTexts, soundPack } from '../../../palette/pack-folders.ts';
import { type FakeRoot, fakeRoot } from '../../../runtime/fake-root.ts';
import { runInside } from '../inside.ts';

const opsctl = (fake: FakeRoot, ...argv: readonly string[]) =>
  runInside(fake, packCommand, ['validate', ...argv]);

async function rootWith(t: Parameters<typeof fakeRoot>[0], packs: Readonly<Record<string, PackFileTexts>>) {
  const fake = await fakeRoot(t);
  for (const [name, files] of Object.entries(packs))
    for (const [path, text] of Object.entries(files)) {
      await fake.host.files.makeDir(join(fake.root, name));
      await fake.host.files.write(join(fake.root, name, path), text);
    }
  fake.effects.length = 0;
  return fake;
}

const centos = {
  'pack.json': documentedPacks.aws,
  'values.yaml': '',
  'logo.png': logo,
  'README.md': '# CentOS\n',
};

test('nothing is said of a sound pack', async (t) => {
  const fake = await rootWith(t, { one: soundPack });
  t.deepEqual(await opsctl(fake, '/one'), { exitCode: 0, out: '', err: '' });
  t.deepEqual(fake.effects, []);
});

test('the faults of all packs at once, with their places; nothing is written', async (t) => {
  const fake = await rootWith(t, { one: centos, two: soundPack });
  const { exitCode, out, err } = await opsctl(fake, '/one/', '/two', '/three');
  t.is(exitCode, 2);
  t.is(out, '');
  t.regex(err, /There are 3 errors in \/one\/pack\.json, \/three/);
  t.regex(err, /\/one\/pack\.json:10:26: is a comma with nothing behind it, before }; remove it/);
  t.regex(err, /\/three: cannot be read: it does not exist/);
  t.deepEqual(fake.effects, []);
});

test('--fix mends the file as a whole, with its mode, and says what', async (t) => {
  const fake = await rootWith(t, { one: centos });
  await fake.host.files.chmod(join(fake.root, 'one/pack.json'), 0o600);
  fake.effects.length = 0;
  const { exitCode, err } = await opsctl(fake, '--fix', '/one');
  t.is(exitCode, 0, err);
  t.is(err.match(/mended: \/one\/pack\.json:\d+:\d+: is a comma/g)?.length, 2);
  t.deepEqual(fake.effects, ['replace ROOT/one/pack.json 0600']);
  t.is(await fake.read('one/pack.json'), documentedPacks.aws.replaceAll(/,(?=\n\})/g, ''));
  t.deepEqual(await opsctl(fake, '--fix', '/one'), { exitCode: 0, out: '', err: '' });
});

test('--json', async (t) => {
  const fake = await rootWith(t, { one: centos });
  const { exitCode, out, err } = await opsctl(fake, '--json', '/one');
  t.is(exitCode, 2);
  t.is(err, '');
  t.deepEqual(JSON.parse(out), {
    v: 1,
    packs: [{ path: '/one', name: 'golden-centos-aws', version: '7.7.1908', layer: 'os' }],
    diagnostics: [
      [10, 26],
      [19, 22],
    ].map(([line, column]) => ({
      ...{ severity: 'error', file: '/one/pack.json', line, column },
      message: 'is a comma with nothing behind it, before }; remove it',
      fixable: true,
    })),
    fixed: [],
  });
});

test('nothing named, a file, a folder that is no pack', async (t) => {
  const fake = await rootWith(t, { one: soundPack, two: {}, empty: { '.keep': '' } });
  t.regex((await opsctl(fake)).err, /There is nothing to check/);
  const file = await opsctl(fake, '/one/pack.json');
  t.is(file.exitCode, 3);
  t.regex(file.err, /^error: \/one\/pack\.json is not a folder; name the folder that pack\.json is in$/m);
  t.is((await opsctl(fake, '--json', '/one/pack.json')).exitCode, 3);
  t.is((await opsctl(fake, '/one/pack.json', '/empty')).exitCode, 2, 'what was read and is wrong');
  t.regex((await opsctl(fake, '/empty')).err, /\/empty\/pack\.json: is missing/);
});
