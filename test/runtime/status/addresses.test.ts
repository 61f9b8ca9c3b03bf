/** The script that says above the login prompts where the machine is reached, run with fakes of what it asks. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { containerInterfaces } from '../../../src/host/linux/system.ts';
import { temporaryFolder } from '../../formats/support.ts';

const overlay = fileURLToPath(new URL('../../../os/overlay', import.meta.url));
const script = join(overlay, 'usr/lib/bhojpur/addresses');

/** A line of `ip -o address`. */
const line = (name: string, address: string, more = '') =>
  `2: ${name}    ${address.includes(':') ? 'inet6' : 'inet'} ${address} scope global ${more}\\       valid_lft forever\n`;
const eth0 = line('eth0', '192.0.2.7/24', 'dynamic eth0');

interface Machine {
  readonly addresses?: string;
  readonly shadow?: string;
  readonly files?: Readonly<Record<string, string>>;
}

function machine(
  t: ExecutionContext,
  { addresses = eth0, shadow = 'bhojpur:$6$x:1::', files = {} }: Machine = {},
) {
  const root = temporaryFolder(t);
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
  };
  const put = (text: string) => write('addresses', text);
  const blacklist = readFileSync(join(overlay, 'etc/connman/main.conf'), 'utf8');
  const given = { 'etc/connman/main.conf': blacklist, 'etc/shadow': `${shadow}\n`, ...files };
  for (const [path, text] of Object.entries(given)) write(path, text);
  write('etc/ssh/ssh_host_ed25519_key.pub', 'ssh-ed25519 AAAA\n');
  put(addresses);
  // What would go on for as long as the machine runs ends when the test says so.
  const ip = `case $* in *monitor*) cat ${root}/events ;; *) cat ${root}/addresses ;; esac`;
  write('bin/ip', `#!/bin/sh\n${ip}\n`, 0o755);
  write('bin/ssh-keygen', '#!/bin/sh\necho "256 SHA256:abc/DEF no comment (ED25519)"\n', 0o755);
  write('bin/agetty', `#!/bin/sh\necho "$@" >> ${root}/reloads\n`, 0o755);
  const env = { BOS_ROOT: root, BOS_SECONDS: '0.2', PATH: `${root}/bin:/usr/sbin:/usr/bin:/sbin:/bin` };
  const read = (path: string) =>
    existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;
  return {
    ...{ root, env, put, write },
    run: () => execFileSync(script, [], { env, encoding: 'utf8' }),
    issue: () => read('run/issue.d/bos-addresses.issue'),
    motd: () => read('run/motd.d/bos-addresses'),
    reloads: () => (read('reloads') ?? '').split('\n').length - 1,
  };
}

const tells = test.macro((t, given: Machine, expected: readonly string[]) => {
  const { run, issue, motd } = machine(t, given);
  t.is(run(), '');
  t.is(issue(), [...expected, '', ''].join('\n'));
  t.is(motd(), issue());
});

const key = 'Host key:  ED25519 SHA256:abc/DEF';
test('an address', tells, {}, ['Address:   192.0.2.7 (eth0)', 'Log in:    ssh bhojpur@192.0.2.7', key]);
test(
  'all of them, IPv4 first; not those of containers, nor what is not in use',
  tells,
  {
    addresses: [
      line('eth0', '2001:db8::7/64', 'dynamic mngtmpaddr'),
      line('eth0', '2001:db8::8/64', 'tentative dynamic'),
      line('eth0', '2001:db8::9/64', 'deprecated dynamic'),
      eth0,
      '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever\n',
      '2: eth0    inet6 fe80::7/64 scope link \\       valid_lft forever\n',
      '2: eth0    inet 169.254.7.7/16 scope link eth0\\       valid_lft forever\n',
      '2: eth0    inet6 fec0::7/64 scope site dynamic \\       valid_lft 86000sec\n',
      line('cni0', '10.42.0.1/24'),
      line('veth12ab@if3', '10.42.0.9/32'),
      line('wlan0', '198.51.100.3/24'),
      line('bond0.12@bond0', '203.0.113.2/24'),
    ].join(''),
  },
  [
    'Address:   192.0.2.7 (eth0)',
    '           198.51.100.3 (wlan0)',
    '           203.0.113.2 (bond0.12)',
    '           2001:db8::7 (eth0)',
    '           fec0::7 (eth0)',
    'Log in:    ssh bhojpur@192.0.2.7',
    key,
  ],
);
test('IPv6 alone', tells, { addresses: line('eth0', '2001:db8::7/64') }, [
  'Address:   2001:db8::7 (eth0)',
  'Log in:    ssh bhojpur@2001:db8::7',
  key,
]);
test(
  'more than fit',
  tells,
  { addresses: Array.from({ length: 9 }, (_, index) => line('eth0', `192.0.2.${index}/24`)).join('') },
  [
    'Address:   192.0.2.0 (eth0)',
    ...[1, 2, 3, 4, 5].map((number) => `           192.0.2.${number} (eth0)`),
    '           and 3 more: ip -br address',
    'Log in:    ssh bhojpur@192.0.2.0',
    key,
  ],
);

const nobody = [
  'Address:   192.0.2.7 (eth0)',
  'Log in:    here; ssh needs a key (~/.ssh/authorized_keys) or bos.password',
  key,
];
const noPasswords = { 'etc/ssh/sshd_config.d/00-password-login.conf': 'PasswordAuthentication no\n' };
const keys = { 'home/bhojpur/.ssh/authorized_keys': 'ssh-ed25519 AAAA\n' };
test('a live system without a password', tells, { shadow: 'bhojpur::1::' }, nobody);
test('a locked one', tells, { shadow: 'bhojpur:!:1::' }, nobody);
test('the password of another account', tells, { shadow: 'bhojpur:*:1::\nann:$6$x:1::' }, nobody);
test('a password that ssh does not take', tells, { files: noPasswords }, nobody);
const inImage = { 'etc/ssh/sshd_config.d/bos.conf': 'PasswordAuthentication no\n' };
test('an image that asks for none', tells, { files: inImage }, nobody);
test(
  'a password that opens what the image closes',
  tells,
  { files: { ...inImage, 'etc/ssh/sshd_config.d/10-password-login.conf': 'PasswordAuthentication yes\n' } },
  ['Address:   192.0.2.7 (eth0)', 'Log in:    ssh bhojpur@192.0.2.7', key],
);
test('a key', tells, { shadow: 'bhojpur:!:1::', files: { ...noPasswords, ...keys } }, [
  'Address:   192.0.2.7 (eth0)',
  'Log in:    ssh bhojpur@192.0.2.7',
  key,
]);
test(
  'a configuration with faults',
  tells,
  { files: { 'run/bos/config-status.json': '{"faults":[{"severity":"error","kind":"source"}]}' } },
  [
    'Address:   192.0.2.7 (eth0)',
    'Log in:    ssh bhojpur@192.0.2.7',
    key,
    'The configuration has faults: opsctl status',
  ],
);

test('nothing is said before there is an address, and a prompt is written again only for news', (t) => {
  const { run, put, issue, reloads } = machine(t, { addresses: '' });
  run();
  t.is(issue(), undefined);
  t.is(reloads(), 0);
  put(eth0);
  run();
  run();
  t.is(reloads(), 1);
  put('');
  run();
  t.is(issue(), 'Address:   none: check the cable; see connmanctl services\n\n');
  t.is(reloads(), 2);
});

/** Asks for what comes in a moment, for half a minute. */
async function until(what: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 600 && !what(); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return what();
}

test('two at once: what was seen last is what stays', async (t) => {
  const { root, env, run, write, motd } = machine(t, { shadow: 'bhojpur:!:1::', files: noPasswords });
  // The first one has seen that nobody gets in, and is held up by the host key.
  execFileSync('mkfifo', [join(root, 'go')]);
  write(
    'bin/ssh-keygen',
    `#!/bin/sh\nif mkdir ${root}/first 2>/dev/null; then read -r _ < ${root}/go; fi\necho "256 SHA256:abc/DEF no comment (ED25519)"\n`,
    0o755,
  );
  const spawned = (args: string[] = []) => {
    const child = spawn(script, args, { env, stdio: 'ignore' });
    t.teardown(() => child.kill());
    return new Promise((resolve) => child.once('exit', resolve));
  };
  const first = spawned();
  t.true(await until(() => existsSync(join(root, 'first'))));
  write('home/bhojpur/.ssh/authorized_keys', 'ssh-ed25519 AAAA\n');
  const second = spawned();
  // Long enough for one that waits for nobody.
  await new Promise((resolve) => setTimeout(resolve, 300));
  writeFileSync(join(root, 'go'), '\n');
  await Promise.all([first, second]);
  t.regex(motd() ?? '', /Log in: {4}ssh bhojpur@/);
  run();
  t.regex(motd() ?? '', /Log in: {4}ssh bhojpur@/);
});

test('watching: again with each change, and when a login has come', async (t) => {
  const { root, env, put, issue, write } = machine(t, { shadow: 'bhojpur:!:1::', files: noPasswords });
  execFileSync('mkfifo', [join(root, 'events')]);
  const watch = spawn(script, ['watch'], { env, stdio: 'ignore' });
  const ended = new Promise((resolve) => watch.once('exit', resolve));
  // Opens when the script reads.
  const events = spawn('sh', ['-c', `exec > ${root}/events; cat`], { stdio: ['pipe', 'ignore', 'ignore'] });
  t.teardown(() => {
    events.kill();
    watch.kill();
  });
  const says = async (pattern: RegExp) => {
    await until(() => pattern.test(issue() ?? ''));
    t.regex(issue() ?? '', pattern);
  };
  await says(/^Address: {3}192\.0\.2\.7 /);
  put(line('eth0', '192.0.2.99/24'));
  events.stdin?.write('2: eth0 inet 192.0.2.99/24\n3: eth0 inet6 x\n');
  await says(/^Address: {3}192\.0\.2\.99 /);
  // Nobody has started the script for it.
  write('home/bhojpur/.ssh/authorized_keys', 'ssh-ed25519 AAAA\n');
  await says(/Log in: {4}ssh bhojpur@192\.0\.2\.99/);
  events.stdin?.end();
  t.is(await ended, 1, 'systemd starts it again');
});

test('opsctl and the script leave out the same interfaces', (t) => {
  const conf = readFileSync(join(overlay, 'etc/connman/main.conf'), 'utf8');
  t.is(/^NetworkInterfaceBlacklist=(.*)$/m.exec(conf)?.[1], containerInterfaces.join(','));
});
