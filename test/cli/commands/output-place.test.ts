/** Where commands write to: a folder that does not exist, or is in the place of the file, is told by its name. */
import { join } from 'node:path';
import test from 'ava';
import type { CommandDefinition } from '../../../src/cli/command.ts';
import { configCommand } from '../../../src/cli/commands/config/command.ts';
import { edgeCommand } from '../../../src/cli/commands/edge/command.ts';
import { ociCommand } from '../../../src/cli/commands/oci/command.ts';
import { packCommand } from '../../../src/cli/commands/pack/command.ts';
import { profileCommand } from '../../../src/cli/commands/profile/command.ts';
import { terraformCommand } from '../../../src/cli/commands/terraform/command.ts';
import { airgap } from '../../palette/edge/user-data-texts.ts';
import { soundPack } from '../../palette/pack-folders.ts';
import { soundSource } from '../../palette/profile/profile-texts.ts';
import { fakeRoot } from '../../runtime/fake-root.ts';
import { runInside } from './inside.ts';

const writing: Readonly<Record<string, readonly [CommandDefinition, ...string[]]>> = {
  'config migrate': [configCommand, 'migrate', '/c.yaml', '-o'],
  'edge site': [edgeCommand, 'site', '/user-data', '-o'],
  'oci join': [ociCommand, 'join', '/a.tar', '/b.tar', '-o'],
  'profile render': [profileCommand, 'render', '/p.yaml', '-o'],
  terraform: [terraformCommand, '/p.yaml', '-o'],
};

const packed: typeof writing = {
  'pack build': [packCommand, 'build', '/os', '-o'],
  'pack pull': [packCommand, 'pull', 'a:1.0.0', 'registry.example.com/packs', '-o'],
};

async function rootWithAll(t: Parameters<typeof fakeRoot>[0]) {
  const fake = await fakeRoot(t);
  await fake.write('c.yaml', 'hostname: a\n');
  await fake.write('user-data', airgap);
  await fake.write('p.yaml', soundSource);
  for (const [path, text] of Object.entries(soundPack)) {
    await fake.host.files.makeDir(join(fake.root, 'os', path, '..'));
    await fake.host.files.write(join(fake.root, 'os', path), text);
  }
  await fake.host.files.makeDir(join(fake.root, 'there'));
  return fake;
}

for (const [name, [command, ...argv]] of Object.entries(writing))
  test(name, async (t) => {
    const fake = await rootWithAll(t);
    const { exitCode, err } = await runInside(fake, command, [...argv, '/nosuch/x']);
    t.is(exitCode, 3);
    t.regex(err, /^error: The folder \/nosuch does not exist\nhint: Make it, or name another one\.\n$/m);
    const relative = await runInside(fake, command, [...argv, 'nosuch/x']);
    t.regex(relative.err, /The folder \S*nosuch does not exist/);
    const folder = await runInside(fake, command, [...argv, '/there']);
    t.is(folder.exitCode, 3);
    t.regex(folder.err, /^error: \/there is a folder; name a file\n/m);
    t.regex((await runInside(fake, command, [...argv, '/p.yaml/x'])).err, /\/p\.yaml is not a folder/);
    t.regex((await runInside(fake, command, [...argv, '/p.yaml'])).err, /^error: \/p\.yaml exists\nhint: /m);
  });

for (const [name, [command, ...argv]] of Object.entries(packed))
  test(name, async (t) => {
    const fake = await rootWithAll(t);
    const { exitCode, err } = await runInside(fake, command, [...argv, '/nosuch/dir']);
    t.is(exitCode, 3);
    t.regex(err, /^error: The folder \/nosuch\/dir does not exist\nhint: Make it, or name another one\.\n$/m);
    t.regex((await runInside(fake, command, [...argv, '/p.yaml'])).err, /\/p\.yaml is not a folder/);
  });

test('a name with a slash at its end is a folder; what is no file is not replaced', async (t) => {
  const fake = await rootWithAll(t);
  const render = (...argv: readonly string[]) =>
    runInside(fake, profileCommand, ['render', '/p.yaml', ...argv]);
  t.regex((await render('-o', '/x/')).err, /\/x\/ is a folder; name a file/);
  await fake.host.files.symlink('/p.yaml', join(fake.root, 'link'));
  t.regex((await render('-o', '/link', '--force')).err, /\/link is not a file\nhint: Name another file\./);
  t.is((await render('-o', '/new')).exitCode, 0);
  t.is((await render('-o', '/new', '--force')).exitCode, 0);
});
