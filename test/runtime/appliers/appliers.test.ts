import { join } from 'node:path';
import test from 'ava';
import type { Config } from '../../../src/config/config.ts';
import type { RunPhase } from '../../../src/runtime/appliers/applier.ts';
import { applyContext } from '../../../src/runtime/appliers/applier.ts';
import { hostnameApplier } from '../../../src/runtime/appliers/hostname.ts';
import { passwordApplier } from '../../../src/runtime/appliers/password.ts';
import { sshAuthorizedKeysApplier } from '../../../src/runtime/appliers/ssh-authorized-keys/ssh-authorized-keys.ts';
import type { FakeRoot } from '../fake-root.ts';
import { fakeRoot, real } from '../fake-root.ts';

const context = ({ host, root }: FakeRoot, config: Config, phase: RunPhase = 'boot') =>
  applyContext(host, root, phase, config);

test('hostname: kernel, /etc/hostname and one line in /etc/hosts', async (t) => {
  const fake = await fakeRoot(t);
  await hostnameApplier.run(context(fake, { hostname: 'node1.example.com' }));
  t.is(await fake.read('etc/hostname'), 'node1.example.com\n');
  t.is(await fake.read('proc/sys/kernel/hostname'), 'node1.example.com');
  t.is(await fake.read('etc/hosts'), '127.0.0.1 localhost\n127.0.1.1 node1.example.com node1\n');
});

test('hostname: a name that DHCP gave since is left alone', async (t) => {
  const fake = await fakeRoot(t);
  await hostnameApplier.run(context(fake, { hostname: 'mine' }));
  await fake.write('proc/sys/kernel/hostname', 'from-dhcp');
  await hostnameApplier.run(context(fake, { hostname: 'mine' }, 'runtime'));
  t.is(await fake.read('proc/sys/kernel/hostname'), 'from-dhcp');
  await hostnameApplier.run(context(fake, { hostname: 'other' }, 'runtime'));
  t.is(await fake.read('proc/sys/kernel/hostname'), 'other');
});

const passwordField = async (fake: FakeRoot) =>
  /^bhojpur:([^:]*):19000:/m.exec(await fake.read('etc/shadow'))?.[1];

test('password: clear text becomes a hash that openssl confirms', async (t) => {
  const fake = await fakeRoot(t);
  await passwordApplier.run(context(fake, { 'bos.password': 'super$ecret "x"' }));
  const field = (await passwordField(fake)) ?? '';
  const salt = field.split('$')[2] ?? '';
  const { stdout } = await real.processes.run('openssl', ['passwd', '-6', '-salt', salt, 'super$ecret "x"']);
  t.is(field, stdout.trim());
  t.is(await fake.mode('etc/shadow'), '640');
  t.false(fake.ran.join().includes('ecret'));
  t.is((await fake.read('etc/shadow')).split('\n').length, 4);
});

test('password: the same one again writes nothing', async (t) => {
  const fake = await fakeRoot(t);
  await passwordApplier.run(context(fake, { 'bos.password': 'abc' }));
  const before = await passwordField(fake);
  await passwordApplier.run(context(fake, { 'bos.password': 'abc' }, 'runtime'));
  t.is(await passwordField(fake), before);
  await passwordApplier.run(context(fake, { 'bos.password': 'abd' }, 'runtime'));
  t.not(await passwordField(fake), before);
});

const keptPassword = test.macro(async (t, password: string, expected: string) => {
  const fake = await fakeRoot(t);
  await passwordApplier.run(context(fake, { 'bos.password': password }));
  t.is(await passwordField(fake), expected);
  t.deepEqual(fake.ran, []);
});
test(
  'password: md5 crypt is taken as it is',
  keptPassword,
  '$1$tYtghCfK$QHa51MS6MVAcfUKuOzNKt0',
  '$1$tYtghCfK$QHa51MS6MVAcfUKuOzNKt0',
);
test('password: yescrypt', keptPassword, '$y$j9T$abc$def', '$y$j9T$abc$def');
test('password: locked', keptPassword, '*', '*');
test('password: an empty one changes nothing', keptPassword, '', '!');

const keyA = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a@home';
const keyB = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb';
const keyC =
  'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDvnmomiPjvgeiz4NlrpZqQxCG+zOEZFWcwXuDzfh/OKzXPbZCxZ3OfkdBaf2BPbGlRKTCs0os566gnKJSG4g3m+L2CWWX5bcdC8qIwj6PSnh1AJnQbspA/dGHTbXZNKqO3EjEZjMqxud+Yfy70MhY3RphUH9Tr2+7WGe6ZnruShQ== c';
const keyFile = 'home/bhojpur/.ssh/authorized_keys';
const keysOf = async (fake: FakeRoot) =>
  (await fake.read(keyFile)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const authorize = (fake: FakeRoot, keys: readonly string[], phase: RunPhase = 'boot') =>
  sshAuthorizedKeysApplier.run(context(fake, { ssh_authorized_keys: keys }, phase));

test('ssh keys: modes, and remote keys wait for the network', async (t) => {
  const fake = await fakeRoot(t);
  fake.urls.set('https://github.com/me.keys', `${keyB}\n`);
  await authorize(fake, [keyA, 'github:me']);
  t.deepEqual(await keysOf(fake), [keyA]);
  t.is(await fake.mode(keyFile), '600');
  t.is(await fake.mode('home/bhojpur/.ssh'), '700');
  await authorize(fake, [keyA, 'github:me'], 'runtime');
  t.deepEqual(await keysOf(fake), [keyA, keyB]);
});

test('ssh keys: what the user added stays, what the configuration drops goes, nothing stands twice', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write(keyFile, `# mine\n${keyA.replace('a@home', 'laptop')}`);
  await authorize(fake, [keyA, keyB, keyB, `restrict ${keyB}`]);
  t.deepEqual(await keysOf(fake), [keyA.replace('a@home', 'laptop'), keyB]);
  const once = await fake.read(keyFile);
  await authorize(fake, [keyA, keyB]);
  t.is(await fake.read(keyFile), once);
  await authorize(fake, []);
  t.is(await fake.read(keyFile), `# mine\n${keyA.replace('a@home', 'laptop')}\n`);
});

test('ssh keys: an outage takes nobody’s keys away and is reported', async (t) => {
  const fake = await fakeRoot(t);
  const sources = ['gitlab:me', 'https://example.com/keys', keyA];
  fake.urls.set('https://gitlab.com/me.keys', keyB);
  fake.urls.set('https://example.com/keys', `${keyC}\nnot a key\n`);
  await authorize(fake, sources, 'runtime');
  t.deepEqual(await keysOf(fake), [keyA, keyB, keyC]);
  fake.urls.clear();
  fake.urls.set('https://example.com/keys', '<html>Sign in</html>');
  const error = await t.throwsAsync(authorize(fake, sources, 'runtime'));
  t.regex(error?.message ?? '', /gitlab:me: .* is unreachable/);
  t.regex(error?.message ?? '', /https:\/\/example\.com\/keys: it returned no public key/);
  t.deepEqual(await keysOf(fake), [keyA, keyB, keyC]);
  await authorize(fake, [keyA], 'boot');
  t.deepEqual(await keysOf(fake), [keyA]);
});

test('ssh keys: a link in place of the folder, or on the way to it, leads nowhere', async (t) => {
  for (const linked of ['home/bhojpur/.ssh', 'home/bhojpur', 'home']) {
    const fake = await fakeRoot(t);
    await fake.write('etc/target/bhojpur/.ssh/keep', '');
    await fake.write('etc/target/.ssh/keep', '');
    await real.files.remove(join(fake.root, linked));
    await real.files.makeDir(join(fake.root, linked, '..'));
    const target = {
      'home/bhojpur/.ssh': 'etc/target/.ssh',
      'home/bhojpur': 'etc/target',
      home: 'etc/target',
    }[linked];
    await real.files.symlink(join(fake.root, target ?? ''), join(fake.root, linked));
    await t.throwsAsync(authorize(fake, [keyA]), { message: /not a directory, or below a link/ }, linked);
    t.deepEqual(await real.files.list(join(fake.root, 'etc/target/.ssh')), ['keep']);
    t.deepEqual(await real.files.list(join(fake.root, 'etc/target/bhojpur/.ssh')), ['keep']);
  }
});

test('ssh keys: a link that comes between looking and reading, and a pipe, are not read', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('etc/target', 'secret');
  await fake.write(keyFile, '');
  const { files } = fake.host;
  const stat: typeof files.stat = async (path) => {
    const found = await files.stat(path);
    if (path.endsWith('/authorized_keys')) {
      await real.files.remove(join(fake.root, keyFile));
      await real.files.symlink(join(fake.root, 'etc/target'), join(fake.root, keyFile));
    }
    return found;
  };
  const racing = { ...fake, host: { ...fake.host, files: { ...files, stat } } };
  await t.throwsAsync(authorize(racing, [keyA]), { message: /authorized_keys is not a file/ });
  await real.files.remove(join(fake.root, keyFile));
  await real.processes.run('mkfifo', [join(fake.root, keyFile)]);
  await t.throwsAsync(authorize(fake, [keyA]), { message: /authorized_keys is not a file/ });
  t.is(await fake.read('etc/target'), 'secret');
});

test('ssh keys: a folder that is swapped for a link while keys are fetched keeps them where it is', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('etc/target/keep', '');
  await fake.write(keyFile, '');
  const get: typeof fake.host.http.get = async () => {
    await real.files.rename(join(fake.root, 'home/bhojpur/.ssh'), join(fake.root, 'home/bhojpur/moved'));
    await real.files.symlink(join(fake.root, 'etc/target'), join(fake.root, 'home/bhojpur/.ssh'));
    return { status: 200, headers: {}, body: Buffer.from(keyB) };
  };
  const racing = { ...fake, host: { ...fake.host, http: { ...fake.host.http, get } } };
  await authorize(racing, ['github:me'], 'runtime');
  t.deepEqual(await real.files.list(join(fake.root, 'etc/target')), ['keep']);
  t.true((await fake.read('home/bhojpur/moved/authorized_keys')).includes(keyB));
});

test('ssh keys: a link in their place is not followed', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('etc/target', 'x');
  await fake.write('home/bhojpur/.ssh/other', '');
  await real.files.symlink(join(fake.root, 'etc/target'), join(fake.root, keyFile));
  await t.throwsAsync(authorize(fake, [keyA]), { message: /authorized_keys is not a file/ });
  t.is(await fake.read('etc/target'), 'x');
});
