/** The host keys of the system that was taken over become ours with the first boot, whatever moment it is cut at. */
import test from 'ava';
import { carriedHostKeysFolder } from '../../../src/boot/carried-host-keys.ts';
import { identityParts } from '../../../src/runtime/boot/identity.ts';
import { lineOf } from '../../fakes/effects.ts';
import { type FakeHost, fakeHost } from '../../fakes/host.ts';

const folder = `/run/bos/state/${carriedHostKeysFolder}`;
const secret = (name: string) => `-----BEGIN OPENSSH PRIVATE KEY-----\n${name}\n`;
const kept = '/var/lib/bhojpur/ssh';
const carried = {
  [`${folder}/ssh_host_ed25519_key`]: secret('old ed25519'),
  [`${folder}/ssh_host_ed25519_key.pub`]: 'ssh-ed25519 old',
  [`${folder}/ssh_host_rsa_key`]: secret('old rsa'),
  [`${folder}/other`]: 'x',
};
/** The first boot; what it did, a line each. */
async function boot(
  change: (host: FakeHost) => void = () => {},
  files: Readonly<Record<string, string>> = carried,
) {
  const host = fakeHost({ files });
  change(host);
  await identityParts['host keys'](host, '/');
  return { host, done: host.effects.map(lineOf) };
}

test('they are kept, with their modes, and none is drawn in their place', async (t) => {
  const { host } = await boot();
  const tree = host.tree(kept);
  t.is(tree.ssh_host_ed25519_key, secret('old ed25519'));
  t.is(tree['ssh_host_ed25519_key.pub'], 'ssh-ed25519 old');
  t.is(tree.ssh_host_rsa_key, secret('old rsa'));
  t.regex(`${tree.ssh_host_ecdsa_key}`, /^-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl/);
  t.is(tree.other, undefined);
  for (const place of [kept, '/etc/ssh'])
    t.deepEqual(
      [
        (await host.files.stat(`${place}/ssh_host_rsa_key`))?.mode,
        (await host.files.stat(`${place}/ssh_host_ed25519_key.pub`))?.mode,
      ],
      [0o600, 0o644],
    );
  t.is((await host.files.stat(kept))?.mode, 0o700);
  t.false(await host.files.exists(folder));
});

test('each is on the disk before what is carried goes, the private key behind its public one', async (t) => {
  const { done } = await boot();
  const order = [
    `replace ${kept}/ssh_host_ed25519_key.pub 0644`,
    `replace ${kept}/ssh_host_ed25519_key 0600`,
    `replace ${kept}/ssh_host_rsa_key 0600`,
    `remove ${folder}`,
  ];
  t.deepEqual(
    done.filter((line) => order.includes(line)),
    order,
  );
});

test('where the state cannot be changed they are taken all the same', async (t) => {
  const { host } = await boot(({ files }) => {
    const { remove } = files;
    files.remove = async (path) => {
      if (path === folder) throw Object.assign(new Error('EROFS'), { code: 'EROFS' });
      return remove(path);
    };
  });
  t.is(host.tree('/etc/ssh').ssh_host_ed25519_key, secret('old ed25519'));
});

test('from memory they are taken from the medium, which stays as it is; those on a disk come first', async (t) => {
  const medium = '/bos/system/carried-ssh';
  const onMedium = { [`${medium}/ssh_host_ed25519_key`]: secret('of the medium') };
  const { host } = await boot(undefined, onMedium);
  t.is(host.tree('/etc/ssh').ssh_host_ed25519_key, secret('of the medium'));
  t.true(await host.files.exists(`${medium}/ssh_host_ed25519_key`));
  const both = await boot(undefined, { ...onMedium, ...carried });
  t.is(both.host.tree('/etc/ssh').ssh_host_ed25519_key, secret('old ed25519'));
});
