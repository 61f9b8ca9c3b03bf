/** `opsctl pack` against Debian's docker-registry, with and without a login and TLS; skopeo sees what Palette would. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packCommand } from '../../../src/cli/commands/pack/command.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { runProgram } from '../../cli/commands/install/fake-world.ts';
import { certificate } from '../../fakes/certificate.ts';
import { sha256 } from '../../fakes/registry.ts';
import { type DebianRegistryOptions, startRegistry } from '../../image/oci/debian-registry.ts';
import { packFolder, soundPack } from '../pack-folders.ts';

const real = linuxHost();
/** `hush`, by bcrypt. */
const htpasswd = 'me:$2b$04$Z.0ND2kYd605UQMJgPFVc.5N9ZDWQMOqdrfXU8VFCBA5n5YG.EUBq\n';
const path = 'team/spectro-packs/archive/edge-native-byoi';

async function world(t: ExecutionContext, options: DebianRegistryOptions = {}) {
  const registry = await startRegistry(options);
  t.teardown(registry.stop);
  const home = mkdtempSync(join(tmpdir(), 'bos-pack-home-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  const env = { HOME: home, PATH: process.env.PATH ?? '' };
  const host: Host = { ...real, system: { ...real.system, env, cwd: () => home } };
  const opsctl = (...argv: readonly string[]) =>
    runProgram(['pack', ...argv], { commands: [packCommand], host });
  const done = async (...argv: readonly string[]) => {
    const { exitCode, out, err } = await opsctl(...argv);
    t.is(exitCode, 0, err);
    return out;
  };
  const pack = packFolder(t, soundPack, 'edge-native-byoi-2.1.0');
  return { registry, home, opsctl, done, pack, env };
}

const skopeo = (...args: string[]) =>
  execFileSync('skopeo', ['--insecure-policy', ...args], { encoding: 'utf8' });

test('pushed by opsctl: skopeo sees the manifest, and copies the archive', async (t) => {
  const { registry, home, done, pack } = await world(t);
  const out = await done('push', pack, `${registry.name}/team`);
  const place = `docker://${registry.name}/${path}:2.1.0`;
  const raw = skopeo('inspect', '--raw', '--tls-verify=false', place);
  t.true(out.includes(sha256(Buffer.from(raw))));
  const { config, layers } = JSON.parse(raw);
  t.is(config.digest, 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  const copy = join(home, 'copy');
  skopeo('copy', '--preserve-digests', '--src-tls-verify=false', place, `dir:${copy}`);
  const archive = join(copy, layers[0].digest.replace('sha256:', ''));
  const names = execFileSync('tar', ['tzf', archive], { encoding: 'utf8' }).trim().split('\n');
  t.deepEqual(
    names,
    ['', 'README.md', 'logo.png', 'pack.json', 'values.yaml'].map((name) => `edge-native-byoi-2.1.0/${name}`),
  );
});

test('pushed by skopeo in the shape that ORAS 1.0.0 has: listed and pulled by opsctl', async (t) => {
  const { registry, home, done, pack } = await world(t);
  await done('push', pack, `${registry.name}/team`);
  const there = ['--src-tls-verify=false', '--dest-tls-verify=false', '--preserve-digests'];
  skopeo(
    'copy',
    ...there,
    `docker://${registry.name}/${path}:2.1.0`,
    `docker://${registry.name}/${path}:2.2.0`,
  );
  t.is(await done('list', `${registry.name}/team`), 'edge-native-byoi: 2.1.0, 2.2.0\n');
  await done('pull', 'edge-native-byoi:2.1.0', `${registry.name}/team`, '--unpack', '-o', home);
  const folder = join(home, 'edge-native-byoi-2.1.0');
  t.deepEqual(readdirSync(folder).toSorted(), Object.keys(soundPack).toSorted());
  t.deepEqual(await done('validate', folder), '');
});

test('the archive by itself, and the folder: the same digest', async (t) => {
  const { registry, home, done, opsctl, pack } = await world(t);
  await done('build', pack, '-o', home);
  const archive = join(home, 'edge-native-byoi-2.1.0.tar.gz');
  await done('push', archive, registry.name);
  t.regex(await done('push', pack, registry.name), /^Nothing to do/);
  t.regex(await done('show', archive), /^edge-native-byoi 2\.1\.0\n/);
  writeFileSync(join(pack, 'README.md'), '# Another\n');
  t.is((await opsctl('push', pack, registry.name)).exitCode, 3);
  t.is((await opsctl('push', pack, registry.name, '--force')).exitCode, 2);
  t.regex(await done('push', pack, registry.name, '-f', '-m', 'another page'), /is replaced/);
  await done('pull', 'edge-native-byoi:2.1.0', registry.name, '--unpack', '-o', home);
  t.is(
    JSON.parse(readFileSync(join(home, 'edge-native-byoi-2.1.0/pack.json'), 'utf8')).commit_msg,
    'another page',
  );
});

test('with a login and TLS: nobody without both; then skopeo is logged in, too', async (t) => {
  const tls = await certificate(t, '20250101', '20450101');
  const { registry, home, opsctl, done, pack, env } = await world(t, { htpasswd, tls });
  // The same machine under a name that is not talked to without encryption.
  const name = registry.name.replace('127.0.0.1', '127.1');
  const ca = join(home, 'ca.pem');
  writeFileSync(ca, tls.cert);
  const trusting = ['--ca-file', ca];
  t.regex((await opsctl('push', pack, name)).err, /certificate/i);
  t.regex((await opsctl('push', pack, name, ...trusting)).err, /refuses access/);
  writeFileSync(join(home, 'wrong'), 'loud');
  const login = ['login', name, '-u', 'me', '--password-stdin', ...trusting];
  const withStdin = (text: string) => {
    const files = {
      ...real.files,
      readText: async (file: string) => (file === '/dev/stdin' ? text : real.files.readText(file)),
    };
    return runProgram(['pack', ...login], {
      commands: [packCommand],
      host: { ...real, files, system: { ...real.system, env, cwd: () => home } },
    });
  };
  t.is((await withStdin('loud\n')).exitCode, 3);
  const { exitCode, out, err } = await withStdin('hush\n');
  t.is(exitCode, 0, err);
  t.regex(out, /^Logged in to 127\.1:\d+ as me; kept in .*\/\.docker\/config\.json\.\n$/);
  await done('push', pack, name, ...trusting);
  t.is(await done('list', name, ...trusting), 'edge-native-byoi: 2.1.0\n');
  await done('pull', 'edge-native-byoi:2.1.0', name, ...trusting);
  // Go knows no such short address: the same login under the longer one.
  const kept = readFileSync(join(home, '.docker/config.json'), 'utf8');
  writeFileSync(join(home, 'auth.json'), kept.replace(name, registry.name));
  const seen = skopeo(
    ...['inspect', '--raw', '--tls-verify=false', '--authfile', join(home, 'auth.json')],
    `docker://${registry.name}/spectro-packs/archive/edge-native-byoi:2.1.0`,
  );
  t.is(JSON.parse(seen).layers.length, 1);
});
