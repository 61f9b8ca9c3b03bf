/**
 * A medium that nobody has configured, by the initrd's own functions in busybox: what they leave is what opsctl leaves,
 * and whatever opsctl would read as configuration is left to it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseCommandLine } from '../../src/config/command-line/command-line.ts';
import { loadConfig } from '../../src/config/sources/sources.ts';
import { runPhases } from '../../src/runtime/phases/phases.ts';
import { temporaryFolder } from '../formats/support.ts';
import { fakeRoot } from '../runtime/fake-root.ts';
import { initrdFunctions } from './functions.ts';

const path = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
const parts = ['messages', 'command-line', 'medium', 'source', 'unconfigured', 'hand-over'];

function put(place: string, text = ''): void {
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
}

interface Case {
  /** Of the live system; a line without anything in particular when left out. */
  readonly line?: string;
  /** Files below the medium or the image, as in `run/medium/bos/system/config.yaml`. */
  readonly files?: Readonly<Record<string, string>>;
  readonly variables?: string;
}

const ofImage = 'run/os/usr/lib/bhojpur/var-template/lib/bhojpur';
const sample = readFileSync(new URL('../../os/local-config.yaml', import.meta.url), 'utf8');

/** What the initrd says of a medium as the build makes it, and of the machine, with what `one` changes. */
function isUnconfigured(t: ExecutionContext, { line = 'quiet', files = {}, variables = '' }: Case): boolean {
  const folder = temporaryFolder(t);
  const usual: Readonly<Record<string, string>> = {
    'proc/cmdline': `${line}\n`,
    'run/medium/bos/system/manifest.json': '{}',
    'run/medium/bos/system/os/1/rootfs.squashfs': '',
    'run/medium/bos/system/kernel/6/vmlinuz': '',
    [`${ofImage}/os/config.yaml`]: sample,
    [`${ofImage}/os/config.d/.keep`]: '',
    'run/os/etc/connman/main.conf': '[General]\nNetworkInterfaceBlacklist=veth\n',
    'sys/class/block/sr0/size': '1',
    'sys/class/block/sdb/size': '1',
  };
  for (const [name, text] of Object.entries({ ...usual, ...files })) put(join(folder, name), text);
  execFileSync('rm', [join(folder, ofImage, 'os/config.d/.keep')]);
  mkdirSync(join(folder, 'run/os/usr/bin'), { recursive: true });
  symlinkSync('/bin/true', join(folder, 'run/os/usr/bin/ssh-keygen'));
  const script = `${initrdFunctions(folder, parts)}PROC=${folder}/proc SOURCE=$RUN/medium MODE=live
TRY='' STATE='' DCP='' MEDIUM=/dev/sr0
${variables}
if is_unconfigured; then echo yes; else echo no; fi`;
  return execFileSync('busybox', ['sh', '-c', script], { encoding: 'utf8', env: path }) === 'yes\n';
}

const usualLines = [
  '',
  'quiet',
  'BOOT_IMAGE=/bos/system/kernel/6.1.0-57-amd64/vmlinuz bos.mode=live console=tty0 console=ttyS0,115200 quiet',
  'bos.mode=install console=tty0 console=ttyAMA0 loglevel=7 panic=30',
  'initrd=bos-initrd-amd64 rootfstype=ramfs bos.mode=live nomodeset splash',
];
for (const line of usualLines)
  test(`a line that says nothing of the configuration: ${JSON.stringify(line)}`, (t) => {
    t.true(isUnconfigured(t, { line }));
    const { layer, diagnostics } = parseCommandLine(line);
    t.deepEqual(diagnostics, []);
    // No phase does anything with it.
    t.deepEqual(
      [...layer.entries.keys()].filter((name) => name !== 'bos.mode'),
      [],
    );
  });

const lines = [
  ...['hostname=node1', 'ssh_authorized_keys=github:a', 'bos.password=x', 'bos.hostnam=x', 'k3os.token=x'],
  ...['ip=dhcp', 'ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:none', 'vlan=eth0.5:eth0', 'BOOTIF=01-52-54-00'],
  ...['ds=nocloud', 'bos.install.silent', 'bos.install.device=/dev/sda', 'run_cmd="a b"', "console='tty0"],
  ...['console="tty0 hostname=a', 'console=tty0 \\', 'ssh_authorized_keys', 'bos.mode=live hostname=a'],
  ...['bos.mode=disk', 'bos.state_wait=soon', 'root=UUID=4fd52a6e', 'a'],
  ...[
    'console=tty0\thostname=a',
    'console=tty0\vhostname=a',
    'console=ttyS\u00e9',
    'splash\nhostname=a',
    '*',
    'console=[a]',
  ],
];
for (const line of lines)
  test(`a line that opsctl has to read: ${JSON.stringify(line)}`, (t) => {
    t.false(isUnconfigured(t, { line: `quiet ${line}` }));
  });

const files: Readonly<Record<string, string>> = {
  'run/medium/bos/system/config.yaml': 'hostname: a\n',
  'run/medium/bos/system/carried-host-keys/ssh_host_ed25519_key': 'x',
  'run/medium/bos/system/dcp/1/dcp': 'x',
  'run/medium/bos/data/x': 'x',
  [`${ofImage}/os/config.yaml`]: '# a\nhostname: a\n',
  [`${ofImage}/os/config.d/50.yaml`]: 'hostname: a\n',
  [`${ofImage}/os/config.d/.hidden.yaml`]: 'hostname: a\n',
  [`${ofImage}/machine-id`]: 'x',
  [`${ofImage}/ssh/ssh_host_rsa_key`]: 'x',
  'run/os/etc/connman/main.conf': '[General]\nFallbackNameservers=192.0.2.1\n',
  // A stick has partitions, where people lay files for it.
  'sys/class/block/sr0/sr0p1/partition': '1',
  'sys/class/block/sr0/partition': '1',
  'sys/class/block/sr0/slaves/sda/size': '1',
};
for (const [name, text] of Object.entries(files))
  test(`a file that opsctl has to look at: ${name}, ${JSON.stringify(text)}`, (t) => {
    t.false(isUnconfigured(t, { files: { [name]: text } }));
  });

for (const variables of ['MODE=disk', 'MODE=local', 'STATE=/dev/vda3', 'DCP=1', 'TRY=t', 'FALLBACK=install'])
  test(`another boot than that of a medium: ${variables}`, (t) => {
    t.false(isUnconfigured(t, { variables }));
  });

test('loaded over the network, with its initrd for a medium', (t) => {
  t.true(isUnconfigured(t, { variables: "MEDIUM=''" }));
  t.true(isUnconfigured(t, { variables: 'MEDIUM=/dev/sdb' }));
});

/** Everything below `folder`: `MODE PATH CONTENT`, with what is drawn written as such. */
function treeOf(root: string, folders: readonly string[]): string[] {
  const found: string[] = [];
  const hostname = readFileSync(join(root, 'etc/hostname'), 'utf8').trim();
  const machineId = readFileSync(join(root, 'etc/machine-id'), 'utf8').trim();
  const shown = (text: string): string =>
    text
      .replaceAll(hostname, 'NAME')
      .replaceAll(machineId, 'ID')
      .replaceAll(/[A-Za-z0-9+/=\n]{60,}/g, 'KEY')
      .replaceAll(/"at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/g, '"at":"TIME"')
      .replaceAll(/"durationMs":\d+/g, '"durationMs":0');
  const look = (name: string): void => {
    for (const entry of readdirSync(join(root, name), { withFileTypes: true })) {
      const place = join(name, entry.name);
      const mode = (statSync(join(root, place), { throwIfNoEntry: false })?.mode ?? 0).toString(8);
      if (entry.isDirectory()) {
        found.push(`${mode} ${place}/`);
        look(place);
      } else if (entry.isSymbolicLink()) found.push(`link ${place}`);
      else found.push(`${mode} ${place} ${shown(readFileSync(join(root, place), 'utf8'))}`);
    }
  };
  for (const name of folders) look(name);
  return found.toSorted();
}

test('what is left is what opsctl leaves: files, modes, the record of the phases', async (t) => {
  const prepared = async () => {
    const fake = await fakeRoot(t);
    await fake.write('etc/connman/main.conf', '[General]\nNetworkInterfaceBlacklist=veth\n');
    await fake.write('etc/environment', '');
    await fake.write('etc/ssh/sshd_config', '');
    await fake.write('run/bos/os/etc/passwd', await fake.read('etc/passwd'));
    await fake.write('proc/sys/kernel/random/uuid', '4fd52a6e-9f0c-4a7e-8d4e-0123456789ab\n');
    return fake;
  };
  const [ours, theirs] = [await prepared(), await prepared()];
  const { config, diagnostics } = await loadConfig(theirs.host, theirs.root);
  t.deepEqual([config, diagnostics], [{}, []]);
  const result = await runPhases(theirs.host, {
    phases: ['initrd', 'boot'],
    root: theirs.root,
    print: (line) => t.fail(line),
  });
  t.like(result, { faults: 0, failures: 0, stateFailed: false });

  const script = `${initrdFunctions(ours.root, parts)}R=${ours.root} AT=${ours.root} RUN=${ours.root}/run/bos UNCONFIGURED=1
say() { echo "$*"; }
mknod() { :; }
chroot() { "$2" "$3" "$4" "$5" "$6" "$7" "$8" "$9" "\${10}" "$1\${11}"; }
: > $AT/proc/uptime
mkdir -p $DEV && : > $DEV/null
make_host_keys
apply_phases`;
  const said = execFileSync('busybox', ['sh', '-c', script], { encoding: 'utf8', env: path });
  t.is(said, 'nothing is configured; starting the services\n');
  const folders = ['etc', 'var', 'run/bos', 'proc/sys/kernel'];
  const left = treeOf(ours.root, folders).filter((line) => !/ proc\/sys\/kernel\/random/.test(line));
  const expected = treeOf(theirs.root, folders).filter((line) => !/ proc\/sys\/kernel\/random/.test(line));
  t.deepEqual(left, expected);
  t.regex(readFileSync(join(ours.root, 'etc/hostname'), 'utf8'), /^bhojpur-[0-9a-f]{8}\n$/);
  t.is(readFileSync(join(ours.root, 'etc/machine-id'), 'utf8'), '4fd52a6e9f0c4a7e8d4e0123456789ab\n');
  for (const type of ['ed25519', 'ecdsa']) {
    const file = join(ours.root, `etc/ssh/ssh_host_${type}_key`);
    const made = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' });
    t.is(made.trim(), readFileSync(`${file}.pub`, 'utf8').trim());
  }
});

for (const broken of ['ssh-keygen', 'ln', 'cp', 'mkdir'])
  test(`opsctl does all of it where ${broken} fails`, async (t) => {
    const fake = await fakeRoot(t);
    await fake.write('proc/sys/kernel/random/uuid', '4fd52a6e-9f0c-4a7e-8d4e-0123456789ab\n');
    await fake.write('usr/lib/bhojpur/opsctl.cjs', '');
    await fake.write('run/bos/os/etc/passwd', '');
    const script = `${initrdFunctions(fake.root, parts)}R=${fake.root} AT=${fake.root} RUN=${fake.root}/run/bos UNCONFIGURED=1
say() { echo "$*"; }
mknod() { :; }
chroot() { case $2 in */ssh-keygen) return 1 ;; *) echo "$2 $3 $4" >&3 ;; esac; }
${broken === 'ssh-keygen' ? '' : `${broken}() { return 1; }`}
: > $AT/proc/uptime
command mkdir -p $DEV && : > $DEV/null
exec 3>&1
make_host_keys
apply_phases`;
    const said = execFileSync('busybox', ['sh', '-c', script], { encoding: 'utf8', env: path });
    t.regex(said, /^\/usr\/lib\/bhojpur\/node \/usr\/lib\/bhojpur\/opsctl.cjs config$/m);
  });
