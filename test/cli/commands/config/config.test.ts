import { join } from 'node:path';
import test from 'ava';
import { configCommand } from '../../../../src/cli/commands/config/command.ts';
import { stateVar } from '../../../../src/config/sources/sources.ts';
import type { FakeRoot } from '../../../runtime/fake-root.ts';
import { fakeRoot } from '../../../runtime/fake-root.ts';
import { runInside } from '../inside.ts';

const opsctl = (fake: FakeRoot, ...argv: readonly string[]) => runInside(fake, configCommand, argv);

test('show: the effective configuration, secrets hidden unless asked', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('bos/system/config.yaml', 'hostname: a\nbos: {token: secret, modules: [kvm]}\n');
  await fake.write('proc/cmdline', 'quiet hostname=b');
  const hidden = 'hostname: b\nbos:\n  modules:\n    - kvm\n  token: (hidden)\n';
  t.deepEqual(await opsctl(fake, 'show'), { exitCode: 0, out: hidden, err: '' });
  t.is((await opsctl(fake, 'show', '--secrets')).out, hidden.replace('(hidden)', 'secret'));
  t.is(
    (await opsctl(fake, 'show', '--origins')).out,
    [
      'hostname: "b"  # kernel command line:1:7',
      'bos.modules: ["kvm"]  # /bos/system/config.yaml:2:22',
      'bos.token: "(hidden)"  # /bos/system/config.yaml:2:7',
      '',
    ].join('\n'),
  );
});

test('show: faults of sources are told, with the exit code of a wrong configuration', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write(join(stateVar, 'lib/bhojpur/os/config.yaml'), 'hostname: a b\n');
  const { exitCode, err } = await opsctl(fake, 'show');
  t.is(exitCode, 2);
  t.regex(err, /config\.yaml:1:11: hostname: expected a host name/);
});

test('show: what files say together, with nothing of this system', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('proc/cmdline', 'hostname=other');
  await fake.write('a.yaml', 'hostname: a\nbos: {modules: [kvm], labels: {x: y}}\n');
  await fake.write('b.yaml', 'hostname: b\nbos: {labels: {z: w}}\n');
  await fake.write('dev/stdin', 'bos: {modules: null}\n');
  t.deepEqual(await opsctl(fake, 'show', '--origins', '/a.yaml', '/b.yaml', '-'), {
    exitCode: 0,
    out: 'hostname: "b"  # /b.yaml:1:1\nbos.labels: {"x":"y","z":"w"}  # /a.yaml:2:23, /b.yaml:2:7\n',
    err: '',
  });
  const faulty = await opsctl(fake, 'show', '/a.yaml', '/none.yaml');
  t.is(faulty.exitCode, 3);
  t.regex(faulty.err, /^\/none\.yaml: cannot be read: it does not exist/m);
  t.regex(faulty.out, /^hostname: a$/m);
});

test('show: bytes are YAML, with and without their origins', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write(
    'a.yaml',
    'write_files:\n- {path: /a, content: !!binary "f0VMRgI="}\n- {path: /b, content: c}\n',
  );
  const { out } = await opsctl(fake, 'show', '--secrets', '--origins', '/a.yaml');
  t.is(
    out,
    'write_files: [{"path":"/a","content": !!binary "f0VMRgI="},{"path":"/b","content":"c"}]  # /a.yaml:1:1\n',
  );
  t.regex((await opsctl(fake, 'show', '--secrets', '/a.yaml')).out, /content: !!binary \|-?\n +f0VMRgI=/);
  await fake.write('again.yaml', out);
  t.is(
    (await opsctl(fake, 'show', '--secrets', '--origins', '/again.yaml')).out,
    out.replace('/a.y', '/again.y'),
  );
  t.notRegex((await opsctl(fake, 'show', '--origins', '/a.yaml')).out, /f0VM|"c"/);
  await fake.write('bos/system/config.yaml', out);
  t.is(
    (await opsctl(fake, 'get', 'write_files', '--secrets')).out,
    '{"path":"/a","content":"f0VMRgI=","encoding":"b64"}\n{"path":"/b","content":"c"}\n',
  );
});

test('what a URL and the arguments of DCP have of secrets is shown only when asked for', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write(
    'bos/system/config.yaml',
    `ssh_authorized_keys: ["https://me:hunter2@a.example/keys?t=hunter2"]
run_cmd: ["curl https://a.example/?key=hunter2"]
bos:
  dcp_args: [server, --token, hunter2, --agent-token=hunter2, "--datastore-endpoint=mysql://u:hunter2@tcp(h)/d"]
  environment: {HTTPS_PROXY: "http://me:hunter2@proxy:3128"}
  install: {config_url: "https://a.example/c?sig=hunter2"}
`,
  );
  const shown = await opsctl(fake, 'show', '--origins');
  t.notRegex(shown.out, /hunter2/);
  t.regex(shown.out, /"https:\/\/\(hidden\)@a\.example\/keys\?\(hidden\)"/);
  t.is((await opsctl(fake, 'show', '--secrets')).out.match(/hunter2/g)?.length, 8);
  for (const key of [
    'ssh_authorized_keys',
    'bos.environment',
    'bos.install.config_url',
    'run_cmd',
    'bos.dcp_args',
  ]) {
    t.notRegex((await opsctl(fake, 'get', key)).out, /hunter2/, key);
    t.regex((await opsctl(fake, 'get', key, '--secrets')).out, /hunter2/, key);
  }
});

test('get: one value as plain text', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write(
    'proc/cmdline',
    'bos.module=kvm bos.module=nvme bos.label[a.b]=c bos.wifi.name=x bos.password=p',
  );
  const rows = [
    ['bos.module', 'kvm\nnvme\n'],
    ['bos.labels', 'a.b=c\n'],
    ['bos.wifi', '{"name":"x"}\n'],
    ['bos.password', 'p\n'],
    ['bos.install.tty', 'auto\n'],
    ['bos.install.silent', 'false\n'],
    ['hostname', ''],
  ] as const;
  for (const [key, out] of rows) t.deepEqual(await opsctl(fake, 'get', key), { exitCode: 0, out, err: '' });
  const { exitCode, err } = await opsctl(fake, 'get', 'bos.labls');
  t.is(exitCode, 2);
  t.regex(err, /did you mean bos\.labels\?/);
});

test('validate: every fault of every file', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('good.yaml', 'hostname: a\nhostnam: b\n');
  await fake.write('bad.yaml', 'hostname: [a]\n');
  const good = await opsctl(fake, 'validate', '/good.yaml');
  t.is(good.exitCode, 0);
  t.is(good.out, '/good.yaml: valid, with a warning\n');
  t.regex(good.err, /good\.yaml:2:1: warning: hostnam: is not a key; did you mean hostname\?/);
  const bad = await opsctl(fake, 'validate', '/bad.yaml', '/none.yaml', '/good.yaml');
  t.is(bad.exitCode, 2);
  t.regex(bad.err, /bad\.yaml:1:11: hostname: expected a string, found a list/);
  t.regex(bad.err, /none\.yaml: cannot be read: it does not exist/);
});

test('validate: a kernel command line', async (t) => {
  const fake = await fakeRoot(t);
  const line = 'quiet bos.serverUrl=https://a:6443 hostname=a';
  const bad = await opsctl(fake, 'validate', '--cmdline', line);
  t.is(bad.exitCode, 2);
  t.regex(bad.err, /kernel command line:1:7: bos\.serverUrl: is not a key; write bos\.server_url/);
  const good = await opsctl(fake, 'validate', '--cmdline', 'quiet hostname=a k=v');
  t.deepEqual(good, { exitCode: 0, out: 'kernel command line: valid\n', err: '' });
  t.is((await opsctl(fake, 'validate')).exitCode, 2);
});

test('validate: keys of the installer have no effect in a file', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('a.yaml', 'bos:\n  install: {device: /dev/vda, efi: true}\n  modules: [kvm]\n');
  const { exitCode, out, err } = await opsctl(fake, 'validate', '/a.yaml');
  t.is(exitCode, 0);
  t.is(out, '/a.yaml: valid, with 2 warnings\n');
  t.regex(
    err,
    /a\.yaml:2:13: warning: bos\.install\.device: has no effect in a file: the installer reads it from/,
  );
});

test('schema: is JSON', async (t) => {
  const { exitCode, out } = await opsctl(await fakeRoot(t), 'schema');
  t.is(exitCode, 0);
  t.like(JSON.parse(out), { properties: { bos: { properties: { install: { type: ['object', 'null'] } } } } });
});

test('apply: the exit code tells what happened', async (t) => {
  const fake = await fakeRoot(t, { mode: 'disk', state: '/dev/vda3' });
  await fake.write('proc/cmdline', 'hostname=b');
  t.deepEqual(await opsctl(fake, '--initrd', '--boot'), { exitCode: 0, out: '', err: '' });
  t.is(await fake.read('etc/hostname'), 'b\n');

  await fake.write('proc/cmdline', 'hostname=a_b');
  t.is((await opsctl(fake)).exitCode, 2);

  await fake.write('proc/cmdline', 'bos.password=x');
  fake.failing.add('openssl');
  const failed = await opsctl(fake);
  t.is(failed.exitCode, 5);
  t.regex(failed.err, /^bos: runtime: bos\.password: openssl failed$/m);

  fake.failing.add('mount');
  const unmounted = await opsctl(fake, '--boot');
  t.is(unmounted.exitCode, 3);
  t.regex(unmounted.err, /BOS_STATE could not be made writable/);

  await fake.write('run/bos/boot.json', '{');
  t.is((await opsctl(fake)).exitCode, 3);
});

test('apply: --install cannot be combined with another phase', async (t) => {
  t.is((await opsctl(await fakeRoot(t), '--install', '--boot')).exitCode, 2);
});

const old = '# mine\nk3os:\n  token: hunter2\n  k3s_args: [server]\nrun_cmd: [k3s kubectl get nodes]\n';

test('migrate: the new file on stdout, what was changed on stderr', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('old.yaml', old);
  const { exitCode, out, err } = await opsctl(fake, 'migrate', '/old.yaml');
  t.is(exitCode, 0);
  t.is(out, old.replace('k3os', 'bos').replace('k3s_args', 'dcp_args'));
  t.notRegex(err, /hunter2/);
  t.regex(err, /^\/old\.yaml:2:1: note: k3os: is now bos$/m);
  t.regex(
    err,
    /^\/old\.yaml:5:11: warning: names the command k3s, and is not changed: dcp is called instead$/m,
  );
  t.regex(err, /The new configuration is valid\.$/m);
  await fake.write('dev/stdin', old);
  t.is((await opsctl(fake, 'migrate', '-')).out, out);
});

test('migrate: to a file, which is not overwritten unless asked', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('old.yaml', old);
  await fake.write('there.yaml', 'kept\n');
  const refused = await opsctl(fake, 'migrate', '/old.yaml', '-o', '/there.yaml');
  t.is(refused.exitCode, 3);
  t.regex(refused.err, /\/there\.yaml exists/);
  t.is(await fake.read('there.yaml'), 'kept\n');
  const forced = await opsctl(fake, 'migrate', '/old.yaml', '--output', '/there.yaml', '-f');
  t.deepEqual([forced.exitCode, forced.out], [0, '']);
  t.regex(await fake.read('there.yaml'), /^# mine\nbos:/);
  t.regex((await opsctl(fake, 'validate', '/there.yaml')).out, /^\/there\.yaml: valid/);
  t.is((await opsctl(fake, 'migrate', '/old.yaml', '-o', '/new.yaml')).exitCode, 0);
});

test('migrate: what is left to a person is what validate says', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('old.yaml', 'k3os: {labels: {"bad key!": x}, token: y}\nnetwork: {version: 2}\n');
  const left = await opsctl(fake, 'migrate', '/old.yaml', '-o', '/new.yaml');
  t.is(left.exitCode, 2);
  t.regex(left.err, /\/new\.yaml has 2 faults that you have to mend: see above\.$/m);
  const { err } = await opsctl(fake, 'validate', '/new.yaml');
  for (const line of left.err.split('\n').filter((one) => one.startsWith('/new.yaml:')))
    t.true(err.replaceAll(/\s+/g, ' ').includes(line), line);
  await fake.write('no.yaml', 'k3os: [\n');
  const unreadable = await opsctl(fake, 'migrate', '/no.yaml', '-o', '/no-new.yaml');
  t.is(unreadable.exitCode, 2);
  t.regex(unreadable.err, /no\.yaml:1:7: opens \[/);
  t.false(await fake.host.files.exists(join(fake.root, 'no-new.yaml')));
  t.is((await opsctl(fake, 'migrate', '/none.yaml')).exitCode, 3);
});

test('validate: a schedule of patches that no window lets through', async (t) => {
  const fake = await fakeRoot(t);
  const file = (window: string) =>
    `bos: {patch: {schedule: "30 2 * * mon", window: "${window} 02:00-05:00"}}\n`;
  await fake.write('a.yaml', file('sat'));
  await fake.write('b.yaml', file('mon'));
  const { exitCode, err } = await opsctl(fake, 'validate', '/a.yaml');
  t.is(exitCode, 2);
  t.regex(err, /a\.yaml:1:15: bos\.patch\.schedule: is never due while bos\.patch\.window is open/);
  t.is((await opsctl(fake, 'validate', '/b.yaml')).exitCode, 0);
});
