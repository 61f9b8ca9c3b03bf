import test from 'ava';
import fc from 'fast-check';
import { configWords, parseCommandLine } from '../../../src/config/command-line/command-line.ts';
import {
  renderKernelCommandLine,
  splitKernelArguments,
} from '../../../src/config/command-line/kernel-arguments.ts';
import type { Config } from '../../../src/config/config.ts';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { merge } from '../../../src/config/sources/merge.ts';
import { runs } from '../../properties.ts';
import { anyConfig } from '../keys/arbitrary.ts';

const parse = (text: string) => merge([parseCommandLine(text).layer]).config;

const gives = test.macro((t, text: string, expected: Config) => {
  const { layer, diagnostics } = parseCommandLine(text);
  t.deepEqual(diagnostics, []);
  t.deepEqual(merge([layer]).config, expected);
});

test('bare booleans mean true', gives, 'bos.install.silent bos.install.debug=true bos.install.wipe=false', {
  'bos.install.silent': true,
  'bos.install.debug': true,
  'bos.install.wipe': false,
});
test('efi is force_efi', gives, 'bos.install.efi', { 'bos.install.force_efi': true });
test(
  'repeated keys make a list, singular or plural',
  gives,
  'bos.dns_nameserver=1.1.1.1 quiet bos.dns_nameservers=8.8.8.8',
  {
    'bos.dns_nameservers': ['1.1.1.1', '8.8.8.8'],
  },
);
test('an empty value empties a list', gives, 'bos.modules=', { 'bos.modules': [] });
test('brackets make a map, dots kept', gives, 'bos.sysctl[kernel.printk]="4 4 1 7" "bos.sysctl[a.b]=c d"', {
  'bos.sysctls': { 'kernel.printk': '4 4 1 7', 'a.b': 'c d' },
});
test(
  'a field that is there already begins the next object',
  gives,
  'bos.wifi.name=a bos.wifi.passphrase=bbbbbbbb bos.wifi.name=c',
  {
    'bos.wifi': [{ name: 'a', passphrase: 'bbbbbbbb' }, { name: 'c' }],
  },
);
test('the last of repeated strings wins', gives, 'hostname=a hostname=b', { hostname: 'b' });
test('a hash with dollars', gives, 'bos.password=$6$salt$abc/def.', { 'bos.password': '$6$salt$abc/def.' });
test(
  'a key with spaces',
  gives,
  'ssh_authorized_keys="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa me"',
  {
    ssh_authorized_keys: [
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa me',
    ],
  },
);
test('escapes that GRUB adds are undone', gives, String.raw`bos.token=a\\b\'c`, {
  'bos.token': String.raw`a\b'c`,
});

const complains = test.macro((t, text: string, expected: readonly string[]) => {
  t.deepEqual(parseCommandLine(text, 'cmdline').diagnostics.map(formatDiagnostic), [...expected]);
});

test('a typing error', complains, 'quiet bos.instal.device=/dev/vda', [
  'cmdline:1:7: bos.instal.device: is not a key; write bos.install.device',
]);
test(
  'faults, all at once, with their places',
  complains,
  'hostname bos.install.silent=maybe bos.mode=moon bos.modules[a]=b bos.labels=x',
  [
    'cmdline:1:1: hostname: expected a value after =',
    'cmdline:1:10: bos.install.silent: expected true, false or no value',
    'cmdline:1:35: bos.mode: expected one of live, install, disk, local, shell, rescue, found "moon"',
    'cmdline:1:49: bos.modules[a]: does not take [a]: expected a list of strings',
    'cmdline:1:66: bos.labels: expected bos.labels[NAME]=VALUE',
  ],
);
test('an object without its name', complains, 'bos.wifi.passphrase=x', [
  'cmdline:1:1: bos.wifi: expected bos.wifi.name= for each',
]);
test('a whole list of objects at once', complains, 'bos.wifi=home', [
  'cmdline:1:1: bos.wifi: expected bos.wifi.name=, bos.wifi.passphrase=, bos.wifi.addresses=, bos.wifi.gateway4=, bos.wifi.gateway6=, bos.wifi.nameservers=',
]);

test('a typing error in a field', complains, 'write_file.permision=0600 bos.wifi.pasphrase=x', [
  'cmdline:1:1: write_file.permision: is not a field, so nothing of this entry is used; did you mean permissions?',
  'cmdline:1:27: bos.wifi.pasphrase: is not a field, so nothing of this entry is used; did you mean passphrase?',
]);
test('brackets after a list', complains, 'ssh_authorized_keys[0]=github:a', [
  'cmdline:1:1: ssh_authorized_keys[0]: does not take [0]: expected a list of strings',
]);
test('brackets with nothing inside', complains, 'bos.labels[]=x', [
  'cmdline:1:1: bos.labels[]: expected bos.labels[NAME]=VALUE',
]);

const isLeftAlone = test.macro((t, text: string) => {
  const { others, layer, diagnostics } = parseCommandLine(text);
  t.is(layer.entries.size, 0);
  t.deepEqual(diagnostics, []);
  t.deepEqual(others, splitKernelArguments(text));
});
test("left alone: the kernel's own", isLeftAlone, 'BOOT_IMAGE=/vmlinuz ro console=ttyS0,115200 panic=10');
test('left alone: what follows --', isLeftAlone, 'quiet -- single');
test('left alone: parameters of modules', isLeftAlone, 'nvme.poll_queues=2 usbcore.autosuspend=-1');
test('left alone: words of systemd', isLeftAlone, 'systemd.unit=rescue.target systemd.hostname=a rd.break');
test('left alone: names like ours', isLeftAlone, 'bosx.y=1 bosque.x=1 hostnames=b hostname.x=1 bos boss=1');
test('left alone: our names as values', isLeftAlone, 'x=bos.mode=live "dyndbg=bos.x +p"');

test('a command with quotes around it', gives, 'init_cmd="echo hello, init" "run_cmd=echo a=b" init_cmd=x', {
  init_cmd: ['echo hello, init', 'x'],
  run_cmd: ['echo a=b'],
});
test(
  'files to write, singular and plural',
  gives,
  'write_files.path=/etc/motd write_files.content="hello you" write_file.permissions=0600 write_files.path=/b',
  {
    write_files: [{ path: '/etc/motd', content: 'hello you', permissions: '0600' }, { path: '/b' }],
  },
);
test('true and false have no other names', complains, 'bos.install.silent=yes bos.install.debug=1', [
  'cmdline:1:1: bos.install.silent: expected true, false or no value',
  'cmdline:1:24: bos.install.debug: expected true, false or no value',
]);

test('an object with a faulty field is dropped as a whole, and the others stay', (t) => {
  const { layer, diagnostics } = parseCommandLine(
    'write_files.path=/a write_files.permissions=rw write_files.content=secret write_files.path=/b',
  );
  t.deepEqual(merge([layer]).config, { write_files: [{ path: '/b' }] });
  t.deepEqual(
    diagnostics.map(({ key, message }) => [key, message]),
    [['write_files.permissions', 'expected permission bits in octal, such as 0644']],
  );
});

test('a faulty element leaves the others', (t) => {
  t.deepEqual(parse('bos.modules=kvm bos.modules=../x bos.modules=nvme'), { 'bos.modules': ['kvm', 'nvme'] });
});

test('what is rendered parses back', (t) => {
  fc.assert(
    fc.property(anyConfig, (config) => {
      const line = renderKernelCommandLine(['quiet', ...configWords(config), 'console=ttyS0']);
      const { layer, diagnostics, others } = parseCommandLine(line);
      t.deepEqual(diagnostics, []);
      t.deepEqual(
        others.map(({ name }) => name),
        ['quiet', 'console'],
      );
      t.deepEqual(merge([layer]).config, config);
    }),
    { numRuns: runs(200) },
  );
});

test('what a command line cannot say is refused', (t) => {
  t.throws(() => configWords({ write_files: [{ path: '/a', content: new Uint8Array([0]) }] }), {
    code: 'not-on-command-line',
  });
  t.throws(() => configWords({ 'bos.token': 'a\0' }), { code: 'not-on-command-line' });
});

test('parsing never throws', (t) => {
  const piece = fc.constantFrom(
    'bos.',
    'wifi',
    'labels',
    '[',
    ']',
    '=',
    '"',
    ' ',
    'name',
    '.',
    'hostname',
    '\\x',
    '00',
    '__proto__',
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      t.notThrows(() => merge([parseCommandLine(pieces.join('')).layer]));
    }),
    { numRuns: runs(200) },
  );
});

/** Far more than any of them takes, far less than what grows faster than the line. */
const patienceMs = 4000;
const long = (argument: (index: number) => string) =>
  Array.from({ length: 10_000 }, (_, index) => argument(index)).join(' ');

for (const [name, line] of [
  ['keys that are not ours', long((index) => `bos.install.devicf${index}=a`)],
  ['fields that are not ours', long((index) => `bos.wifi.pasphrase${index}=a`)],
  ['objects', long(() => 'bos.wifi.name=a')],
  ['entries of a map', long((index) => `bos.environment[A${index}]=a`)],
  ['elements of a list', long(() => 'bos.modules=a')],
] as const)
  test(`thousands of ${name} take no longer than their number`, (t) => {
    const { user } = process.cpuUsage();
    parseCommandLine(line);
    t.true((process.cpuUsage().user - user) / 1000 < patienceMs);
  });

test('after a hundred faults what was meant is not looked for', (t) => {
  const { diagnostics } = parseCommandLine(Array(102).fill('bos.tokem=a').join(' '));
  t.regex(diagnostics[0]?.message ?? '', /did you mean bos\.token/);
  t.notRegex(diagnostics[101]?.message ?? '', /did you mean/);
});
