/**
 * How the appliers write: who may read a file from the moment it is there, that its name leads to the old content or
 * to the new one, and in which order services hear of it.
 */
import test, { type ExecutionContext } from 'ava';
import type { Config } from '../../../src/config/config.ts';
import type { Host } from '../../../src/host/ports.ts';
import { type Applier, applyContext, type RunPhase } from '../../../src/runtime/appliers/applier.ts';
import { bootCommandsApplier } from '../../../src/runtime/appliers/commands/commands.ts';
import { dcpApplier } from '../../../src/runtime/appliers/dcp/dcp.ts';
import { localConfigPath, writeLocalFile } from '../../../src/runtime/appliers/dcp/node-choice.ts';
import { environmentApplier } from '../../../src/runtime/appliers/environment/environment.ts';
import { connmanApplier } from '../../../src/runtime/appliers/network/connman.ts';
import { wifiApplier } from '../../../src/runtime/appliers/network/wifi.ts';
import { passwordApplier } from '../../../src/runtime/appliers/password.ts';
import { sshAuthorizedKeysApplier } from '../../../src/runtime/appliers/ssh-authorized-keys/ssh-authorized-keys.ts';
import { sshPasswordLoginApplier } from '../../../src/runtime/appliers/ssh-password-login.ts';
import { sysctlsApplier } from '../../../src/runtime/appliers/sysctls/sysctls.ts';
import { writeFilesApplier } from '../../../src/runtime/appliers/write-files/write-files.ts';
import { storeResults } from '../../../src/runtime/data-sources/results.ts';
import { type FakeRoot, fakeRoot, real } from '../fake-root.ts';

const { uid } = real.system;
const gid = process.getgid?.() ?? 0;
/** Programs that only a machine of its own has. */
const services = /^(systemctl|connmand-wait-online)$/;
const isWriting = (effect: string) => effect.startsWith('replace ');

interface Machine extends FakeRoot {
  /** Services that fail to start. */
  readonly broken: Set<string>;
  apply(applier: Applier, config: Config, phase?: RunPhase): Promise<string[]>;
}

async function machine(t: ExecutionContext, boot: Readonly<Record<string, string>> = {}): Promise<Machine> {
  const fake = await fakeRoot(t, boot);
  const broken = new Set<string>();
  const { processes } = fake.host;
  const run: typeof processes.run = async (command, args, options) => {
    if (!services.test(command)) return processes.run(command, args, options);
    fake.effects.push(`run ${[command, ...args].join(' ')}`);
    if (broken.has(command)) throw new Error(`${command} failed`);
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  const host: Host = { ...fake.host, processes: { ...processes, run } };
  return {
    ...fake,
    ...{ host, broken },
    apply: async (applier, config, phase = 'boot') => {
      fake.effects.length = 0;
      await applier.run(applyContext(host, fake.root, phase, config)).catch(() => {});
      return [...fake.effects];
    },
  };
}

test('what a command writes goes to a file that only root reads, gone when it has ended', async (t) => {
  const { apply } = await machine(t);
  const effects = await apply(bootCommandsApplier, { boot_cmd: ['true'] });
  const output = effects.find((line) => line.startsWith('create '))?.split(' ')[1];
  t.regex(output ?? '', /^ROOT\/run\/bos\/command-/);
  t.deepEqual(
    effects.map((line) => line.replace(/^(run \/bin\/sh) .*/, '$1').replace(/^read .*/, 'read')),
    [
      'mkdir ROOT/run/bos 0755',
      `create ${output} 0600`,
      `write ${output} 0+0`,
      'run /bin/sh',
      `open ${output} r`,
      'read',
      `close ${output}`,
      `remove ${output}`,
    ],
  );
});

const onDisk = { mode: 'disk', state: '/dev/vda3', os: '0.1.0', dcp: 'v1' };
const token = { 'bos.token': 'hunter22', 'bos.server_url': 'https://a:6443' };
const written = [
  'mkdir ROOT/etc/bhojpur/dcp 0755',
  'replace ROOT/etc/bhojpur/dcp/dcp.env 0600',
  'mkdir ROOT/etc/systemd/system/dcp.service.d 0755',
  'replace ROOT/etc/systemd/system/dcp.service.d/bos.conf 0644',
];
test('DCP: the token is for root alone; nothing holds the service when it is told to start', async (t) => {
  const fake = await machine(t, onDisk);
  const { apply } = fake;
  await fake.write('bos/system/dcp/v1/dcp', '');
  const held = await apply(dcpApplier, { ...token, 'bos.data_sources': ['cdrom'] });
  t.deepEqual(
    held.filter((line) => !line.startsWith('write ')),
    [...written, 'mkdir ROOT/run/bos 0755', 'create ROOT/run/bos/dcp-hold 0644-umask'],
  );
  t.deepEqual(await apply(dcpApplier, { ...token, 'bos.token': 'hunter23' }, 'runtime'), [
    ...written.slice(0, 2),
    'remove ROOT/run/bos/dcp-hold',
    'run systemctl daemon-reload',
    'run systemctl --no-block restart dcp.service',
  ]);
});

test('DCP: what could not be written holds the service back', async (t) => {
  const fake = await machine(t, onDisk);
  await fake.write('bos/system/dcp/v1/dcp', '');
  await fake.write('etc/bhojpur/dcp', 'in the way of the folder');
  await fake.apply(dcpApplier, token);
  t.true(await real.files.exists(`${fake.root}/run/bos/dcp-hold`));
});

test('the local configuration may hold a token: for root alone, whole or as it was', async (t) => {
  const fake = await fakeRoot(t);
  await writeLocalFile(fake.host, fake.root, { path: localConfigPath, text: 'bos: {token: x}\n', shown: '' });
  t.deepEqual(fake.effects, ['mkdir ROOT/var/lib/bhojpur/os 0755', `replace ROOT${localConfigPath} 0600`]);
});

test('/etc/environment is replaced as a whole', async (t) => {
  const { apply } = await machine(t);
  const effects = await apply(environmentApplier, { 'bos.environment': { A: 'b' } });
  t.deepEqual(effects, ['replace ROOT/etc/environment 0600']);
});

const main = 'ROOT/etc/connman/main.conf';
const servers: Config = { 'bos.ntp_servers': ['192.0.2.1'], 'bos.dns_nameservers': ['192.0.2.2'] };
test('connman: a new main.conf is for everybody, one that is there keeps its mode and owner', async (t) => {
  const fake = await machine(t);
  const fresh = await fake.apply(connmanApplier, servers);
  t.deepEqual(fresh.slice(0, 2), ['mkdir ROOT/etc/connman 0755', `replace ${main} 0644`]);
  await real.files.chmod(`${fake.root}/etc/connman/main.conf`, 0o640);
  const kept = await fake.apply(connmanApplier, { 'bos.ntp_servers': ['192.0.2.3'] });
  t.deepEqual(kept.slice(1, 3), [`replace ${main} 0640`, `chown ${main} ${uid}:${gid}`]);
});

test('connman: the network is back before what needs it goes on', async (t) => {
  const { apply } = await machine(t);
  const effects = await apply(connmanApplier, servers, 'runtime');
  t.deepEqual(
    effects.filter((line) => line.startsWith('run ')),
    [
      'run systemctl try-restart connman.service',
      'run connmand-wait-online --timeout=20',
      'run systemctl start bos-resolv.path bos-resolv.service',
    ],
  );
});

const networks = 'ROOT/var/lib/connman/bos-wifi.config';
const settings = 'ROOT/var/lib/connman/settings';
const wifi: Config = { 'bos.wifi': [{ name: 'home', passphrase: 'hunter22' }] };
test('wifi: the passphrase is for root alone, and is there before the radio is switched on', async (t) => {
  const fake = await machine(t);
  const wanted = ['mkdir ROOT/var/lib/connman 0755', `replace ${networks} 0600`, `replace ${settings} 0600`];
  t.deepEqual(await fake.apply(wifiApplier, wifi), wanted);
  t.deepEqual(await fake.apply(wifiApplier, wifi), []);
  // Somebody has opened it.
  await real.files.chmod(`${fake.root}/var/lib/connman/bos-wifi.config`, 0o644);
  t.deepEqual(await fake.apply(wifiApplier, wifi), wanted.slice(0, 2));
});

test('wifi: a connman that does not start again finds its settings as they were', async (t) => {
  const fake = await machine(t);
  await fake.write('sys/class/net/wlan0/phy80211/rfkill0/soft', '0\n');
  await fake.write('var/lib/connman/settings', '[global]\nOfflineMode=false\n');
  fake.broken.add('systemctl');
  const effects = await fake.apply(wifiApplier, wifi, 'runtime');
  t.deepEqual(effects.slice(-3), [
    `replace ${settings} 0600`,
    'run systemctl try-restart connman.service',
    `replace ${settings} 0600`,
  ]);
  t.is(await fake.read('var/lib/connman/settings'), '[global]\nOfflineMode=false\n');
});

test('a new password is not for everybody for a moment, and the file keeps its owner', async (t) => {
  const { apply } = await machine(t);
  t.deepEqual(await apply(passwordApplier, { 'bos.password': '*' }), [
    'replace ROOT/etc/shadow 0640',
    `chown ROOT/etc/shadow ${uid}:${gid}`,
  ]);
});

const sshd = '/etc/ssh/sshd_config.d';
test('the password is there before sshd asks for one, and its folder is for everybody to read', async (t) => {
  const { apply, write } = await machine(t);
  await write(`${sshd}/bos.conf`, 'PasswordAuthentication no\n');
  t.deepEqual((await apply(passwordApplier, { 'bos.password': 'hunter2' })).filter(isWriting), [
    'replace ROOT/etc/shadow 0640',
    `replace ROOT${sshd}/10-password-login.conf 0644`,
  ]);
  const empty = await machine(t);
  t.deepEqual(await empty.apply(sshPasswordLoginApplier, { 'bos.ssh_password_login': false }), [
    `mkdir ROOT${sshd} 0755`,
    `replace ROOT${sshd}/00-password-login.conf 0644`,
  ]);
});

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a@home';
test('ssh keys: a folder and a file of the user that nobody else can look into', async (t) => {
  const { apply } = await machine(t);
  const effects = await apply(sshAuthorizedKeysApplier, { ssh_authorized_keys: [key] });
  // By the folder that is held open: whatever has its name by then.
  t.deepEqual(
    effects
      .slice(-4)
      .map((effect) => effect.replace(/\/proc\/self\/fd\/\d+/, 'FOLDER').replace(/^close .*/, 'close')),
    [
      'chmod FOLDER/. 0700',
      `chown FOLDER/. ${uid}:${uid}`,
      // The owner is there with the name.
      `replace FOLDER/authorized_keys 0600 ${uid}:${uid}`,
      'close',
    ],
  );
});

test('sysctls: at once, and then in a file that is whole', async (t) => {
  const fake = await machine(t);
  await fake.write('proc/sys/vm/swappiness', '60\n');
  const set = 'ROOT/proc/sys/vm/swappiness';
  t.deepEqual(await fake.apply(sysctlsApplier, { 'bos.sysctls': { 'vm.swappiness': '10' } }), [
    `create ${set} 0644-umask`,
    `write ${set} 0+3`,
    'mkdir ROOT/etc/sysctl.d 0755',
    'replace ROOT/etc/sysctl.d/99-zz-bos-config.conf 0644',
  ]);
});

test('write_files: folders are for everybody, a file has its owner and mode before its name, no folder stays open', async (t) => {
  const { apply } = await machine(t);
  const entry = { path: '/etc/new/a', content: 'x', permissions: '0600', owner: `${uid}:${gid}` };
  const effects = (await apply(writeFilesApplier, { write_files: [entry] })).map((line) =>
    line.replace(/\/proc\/self\/fd\/\d+/, 'FD'),
  );
  t.true(effects.includes('mkdir FD/new 0755'));
  t.true(effects.includes(`replace FD/a 0600 ${uid}:${gid}`));
  const count = (kind: string) => effects.filter((line) => line.startsWith(`${kind} `)).length;
  t.is(count('open'), count('close'));
  t.regex(effects.at(-1) ?? '', /^close /);
});

test('what a cloud gave is for root alone where it can hold a secret', async (t) => {
  const fake = await fakeRoot(t);
  const found = { userData: Buffer.from('#!/bin/sh\n'), hostname: 'a', sshKeys: [key] };
  await storeResults(fake.host, fake.root, found, 'cdrom');
  t.deepEqual(
    fake.effects.filter((line) => line.startsWith('replace ')),
    [
      'replace ROOT/run/config/userdata 0600',
      'replace ROOT/run/config/userdata-program 0700',
      'replace ROOT/run/config/local_hostname 0644',
      'replace ROOT/run/config/ssh/authorized_keys 0600',
      'replace ROOT/run/config/provider 0644',
    ],
  );
  t.is(fake.effects[0], 'mkdir ROOT/run/config 0755');
  t.true(fake.effects.includes('mkdir ROOT/run/config/ssh 0700'));
  t.is(await fake.mode('run/config'), '755');
});
