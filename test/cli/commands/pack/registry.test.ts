/** `opsctl pack build`, `push`, `pull`, `list`, `show` and `login` as they are typed: what they refuse, and what they print. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packCommand } from '../../../../src/cli/commands/pack/command.ts';
import { login } from '../../../../src/cli/commands/pack/registry-actions.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import type { Host } from '../../../../src/host/ports.ts';
import { serveRegistry } from '../../../fakes/registry.ts';
import { documentedPacks } from '../../../palette/documented.ts';
import { packFolder, soundPack } from '../../../palette/pack-folders.ts';
import { fakeTerminal, runProgram } from '../install/fake-world.ts';
import { scriptedAsk } from '../install/scripted-ask.ts';

const real = linuxHost();

async function world(t: ExecutionContext) {
  const home = mkdtempSync(join(tmpdir(), 'bos-pack-cli-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  const registry = await serveRegistry({ login: { user: 'me', password: 'hush', by: 'token' } });
  t.teardown(registry.close);
  const host: Host = {
    ...real,
    clock: { ...real.clock, sleep: async () => {} },
    system: { ...real.system, env: { HOME: home }, cwd: () => home },
  };
  const opsctl = (...argv: readonly string[]) =>
    runProgram(['pack', ...argv], { commands: [packCommand], host });
  const sayLogin = () => {
    const auth = Buffer.from('me:hush').toString('base64');
    const config = JSON.stringify({ auths: { [registry.name]: { auth } } });
    return real.files
      .makeDir(join(home, '.docker'))
      .then(() => writeFileSync(join(home, '.docker/config.json'), config));
  };
  return { home, registry, host, opsctl, sayLogin, pack: packFolder(t, soundPack, 'edge-native-byoi-2.1.0') };
}

test('a pack with errors is neither built nor pushed; its faults are told', async (t) => {
  const { registry, opsctl, home } = await world(t);
  const bad = packFolder(t, { ...soundPack, 'pack.json': documentedPacks.aws });
  for (const argv of [
    ['build', bad],
    ['push', bad, registry.name],
  ]) {
    const { exitCode, err } = await opsctl(...argv);
    t.is(exitCode, 2);
    t.regex(err, /pack\.json:10:26: is a comma with nothing behind it/);
  }
  t.deepEqual(registry.asked, []);
  t.deepEqual(readdirSync(home), []);
});

test('a link in a pack is an error: what it leads to is pushed nowhere', async (t) => {
  const { registry, opsctl, pack } = await world(t);
  symlinkSync('/etc/passwd', join(pack, 'NOTES'));
  const { exitCode, err } = await opsctl('push', pack, registry.name);
  t.is(exitCode, 2);
  t.regex(err, /NOTES: is a link; a pack holds files and folders/);
  t.deepEqual(registry.asked, []);
});

const refusals: readonly (readonly [readonly string[], number, RegExp])[] = [
  [['push', 'PACK', 'https://REGISTRY'], 2, /it is a URL; leave https:\/\/ out/],
  [['push', 'PACK', 'team'], 2, /must begin with the name of a registry/],
  [['push', 'PACK', 'REGISTRY', '--force'], 2, /--force needs a message/],
  [['push', 'PACK', 'REGISTRY', '-f', '-m', ' '], 2, /--force needs a message/],
  [['push', 'PACK', 'REGISTRY', '-m', 'x'], 2, /--message is for --force alone/],
  [['push', '/none', 'REGISTRY'], 3, /\/none cannot be read: it does not exist/],
  [['push', '/etc/passwd', 'REGISTRY'], 3, /\/etc\/passwd is not a folder/],
  [['push', 'PACK', 'REGISTRY'], 3, /refuses access to .*UNAUTHORIZED/],
  [['pull', 'edge', 'REGISTRY'], 2, /"edge" is not a pack with its version/],
  [['pull', 'edge:1', 'REGISTRY', '-o', '/'], 3, /refuses access/],
  [['list', 'REGISTRY'], 3, /refuses access/],
  [['login', 'REGISTRY'], 2, /Nobody can be asked for the password here/],
];
for (const [argv, code, why] of refusals)
  test(`refused: ${argv.join(' ')}`, async (t) => {
    const { registry, opsctl, pack } = await world(t);
    const given = argv.map((word) => word.replace('PACK', pack).replace('REGISTRY', registry.name));
    const { exitCode, err } = await opsctl(...given);
    t.is(exitCode, code, err);
    // Lines are broken at the width of the terminal.
    t.regex(err.replaceAll(/\s+/g, ' '), why);
    t.is(registry.blobs.size + registry.documents.size, 0);
  });

test('logged in: pushed, shown, pulled; events as JSON lines', async (t) => {
  const { registry, opsctl, pack, home, sayLogin } = await world(t);
  await sayLogin();
  const pushed = await opsctl('push', pack, `${registry.name}/team`, '--json');
  t.is(pushed.exitCode, 0, pushed.err);
  const events = pushed.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.like(events.at(-1), { type: 'result', ok: true, exitCode: 0 });
  t.regex(events.at(-1).message, /edge-native-byoi:2\.1\.0@sha256:[0-9a-f]{64} is pushed: \d+ bytes\.$/);
  const pulled = await opsctl('pull', 'edge-native-byoi:2.1.0', `${registry.name}/team`);
  t.is(pulled.exitCode, 0, pulled.err);
  const archive = join(home, 'edge-native-byoi-2.1.0.tar.gz');
  const shown = JSON.parse((await opsctl('show', archive, '--json')).out);
  t.like(shown, { v: 1, name: 'edge-native-byoi', version: '2.1.0', layer: 'os', errors: 0, warnings: 0 });
  t.is(shown.image, 'registry.example.com/bos:k3s-1.33.5-v4.7.0-demo');
  const other = join(home, 'other-1.tar.gz');
  writeFileSync(other, readFileSync(archive));
  t.regex(
    (await opsctl('push', other, registry.name)).err,
    /other-1\.tar\.gz holds edge-native-byoi-2\.1\.0/,
  );
  const forced = await opsctl('push', archive, registry.name, '-f', '-m', 'x');
  t.regex(forced.err.replaceAll(/\s+/g, ' '), /an archive is pushed as it is/);
});

test('built twice: refused, then replaced', async (t) => {
  const { opsctl, pack, home } = await world(t);
  const { out } = await opsctl('build', pack);
  t.regex(out, /\/edge-native-byoi-2\.1\.0\.tar\.gz: \d+ bytes, sha256:[0-9a-f]{64}\n$/);
  t.is((await opsctl('build', pack)).exitCode, 3);
  t.is((await opsctl('build', pack, '--force')).out, out);
  const json = JSON.parse((await opsctl('build', pack, '--force', '--json')).out);
  t.is(json.size, readFileSync(join(home, 'edge-native-byoi-2.1.0.tar.gz')).length);
});

test('validate looks into archives, too', async (t) => {
  const { opsctl, pack, home } = await world(t);
  await opsctl('build', pack);
  const archive = join(home, 'edge-native-byoi-2.1.0.tar.gz');
  t.deepEqual(await opsctl('validate', archive, pack), { exitCode: 0, out: '', err: '' });
  symlinkSync('/etc/passwd', join(pack, 'NOTES'));
  execFileSync('tar', ['czf', archive, '-C', dirname(pack), 'edge-native-byoi-2.1.0']);
  const { exitCode, err } = await opsctl('validate', archive);
  t.is(exitCode, 2);
  t.true(err.includes(`${archive}: edge-native-byoi-2.1.0/NOTES is a link`), err);
  writeFileSync(archive, 'nothing');
  t.regex((await opsctl('validate', archive)).err, /is damaged or incomplete/);
});

test('show does not show a password', async (t) => {
  const { opsctl } = await world(t);
  const text = documentedPacks['vsphere, local']
    .replaceAll(/,(?=\n\})/g, '')
    .replace('"password"', '"hush-hush"');
  const folder = packFolder(t, { ...soundPack, 'pack.json': text, 'values.yaml': '' });
  for (const more of [[], ['--json']]) {
    const { out } = await opsctl('show', folder, ...more);
    t.false(out.includes('hush-hush'));
    t.regex(out, /sshPassword/);
  }
});

test('show counts the faults', async (t) => {
  const { opsctl } = await world(t);
  const folder = packFolder(t, { ...soundPack, 'logo.png': 'none' });
  t.regex((await opsctl('show', folder)).out, /^ +Faults +1 error: see `opsctl pack validate`$/m);
});

test('login, asked at a terminal', async (t) => {
  const { registry, host, home } = await world(t);
  const terminal = fakeTerminal({ stdinIsTty: true });
  const context = {
    ...{ host, workstation: async () => host, terminal, verbose: false },
    signal: new AbortController().signal,
  };
  const ask = scriptedAsk([/User for/, 'me'], [/Password/, 'hush']);
  t.is(await login(context, registry.name, {}, ask), 0);
  t.true(readFileSync(join(home, '.docker/config.json'), 'utf8').includes(registry.name));
  const wrong = scriptedAsk([/Password/, 'loud']);
  t.like(await t.throwsAsync(login(context, registry.name, { username: 'me' }, wrong)), {
    code: 'registry-denied',
  });
});
