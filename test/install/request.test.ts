import test from 'ava';
import { parseCommandLine } from '../../src/config/command-line/command-line.ts';
import type { Config } from '../../src/config/config.ts';
import {
  type InstallFlags,
  type InstallRequest,
  requestOf,
  withWarnings,
} from '../../src/install/request.ts';

const defaults: InstallRequest = {
  silent: false,
  wipe: false,
  always: false,
  forceEfi: false,
  noFormat: false,
  allowNoLogin: false,
  allowWarnings: false,
  insecure: false,
  debug: false,
  after: 'stay',
  dryRun: false,
  config: {},
};

const gives = test.macro(
  (
    t,
    args: { device?: string; isoUrl?: string },
    flags: InstallFlags,
    commandLine: Config,
    expected: Partial<InstallRequest>,
  ) => {
    t.deepEqual(requestOf(args, flags, commandLine), { ...defaults, ...expected });
  },
);
test('nothing asked', gives, {}, {}, {}, {});
test(
  'a typed device',
  gives,
  { device: '/dev/vda' },
  {},
  { 'bos.install.device': '/dev/vdb' },
  { device: '/dev/vda' },
);
test(
  'the device of the command line',
  gives,
  {},
  {},
  { 'bos.install.device': '/dev/vdb' },
  { device: '/dev/vdb' },
);
test(
  'a second disk, typed over that of the command line, and by what it is like',
  gives,
  { device: 'largest' },
  { varDevice: 'serial=S2' },
  { 'bos.install.var_device': '/dev/vdb' },
  { device: 'largest', varDevice: 'serial=S2' },
);
test(
  'the second disk of the command line',
  gives,
  {},
  {},
  { 'bos.install.var_device': '/dev/vdb' },
  { varDevice: '/dev/vdb' },
);
test(
  'the command line does not consent to a typed command',
  gives,
  {},
  {},
  { 'bos.install.silent': true, 'bos.install.wipe': true },
  {},
);
test(
  'the command line consents to the installer it started',
  gives,
  {},
  { fromCommandLine: true },
  { 'bos.install.silent': true, 'bos.install.wipe': true },
  { silent: true, wipe: true, after: 'reboot' },
);
test(
  'the installer switches off',
  gives,
  {},
  { fromCommandLine: true },
  { 'bos.install.power_off': true },
  { after: 'power-off' },
);
test('a typed command switches off', gives, {}, { poweroff: true }, {}, { after: 'power-off' });
test(
  'flags win',
  gives,
  {},
  { config: '/a', tty: 'ttyS1' },
  { 'bos.install.config_url': '/b', 'bos.install.tty': 'ttyS0' },
  { configUrl: '/a', tty: 'ttyS1' },
);
test('a terminal as a path', gives, {}, { tty: '/dev/ttyS0,9600' }, {}, { tty: 'ttyS0,9600' });
test('auto is no terminal', gives, {}, { tty: 'auto' }, {}, {});
test(
  'keys of the system are carried over, those of installer and loader are not',
  gives,
  {},
  {},
  { hostname: 'one', 'bos.mode': 'install', 'bos.install.debug': true, 'bos.token': 'x', 'bos.state': 'y' },
  { debug: true, config: { hostname: 'one', 'bos.token': 'x' } },
);

test(
  'commands act in the system of the installer',
  gives,
  {},
  {},
  { init_cmd: ['a'], boot_cmd: ['b'], run_cmd: ['c'], write_files: [], 'bos.data_sources': ['aws'] },
  { config: { write_files: [], 'bos.data_sources': ['aws'] } },
);
for (const configUrl of ['/run/config/userdata', 'file:///run/config/userdata']) {
  test(
    `data sources that bring the configuration, too: ${configUrl}`,
    gives,
    {},
    {},
    { 'bos.data_sources': ['cdrom'], 'bos.install.config_url': configUrl, hostname: 'a' },
    { configUrl, config: { hostname: 'a' } },
  );
}

test('what stays behind is said, with its place', (t) => {
  const { layer, diagnostics } = parseCommandLine('hostname=a run_cmd=b bos.data_sources=aws bos.hostnam=c');
  const said = (configUrl: string) =>
    withWarnings({ ...defaults, configUrl }, diagnostics, layer).warnings?.map(({ key, place }) => [
      key,
      place.column,
    ]);
  t.deepEqual(said('https://example.com/a'), [
    ['bos.hostnam', 43],
    ['run_cmd', 12],
  ]);
  t.deepEqual(said('/run/config/userdata'), [
    ['bos.hostnam', 43],
    ['run_cmd', 12],
    ['bos.data_sources', 22],
  ]);
});

const fromIso = {
  'bos.install.iso_url': 'https://example.com/bos.iso',
  'bos.install.iso_sha256': 'AB'.repeat(32),
  'bos.install.public_key': 'RWx',
  'bos.install.ca_file': '/run/ca.pem',
};
test('an ISO of the command line, with what it must be', gives, {}, {}, fromIso, {
  isoUrl: 'https://example.com/bos.iso',
  isoSha256: 'ab'.repeat(32),
  publicKey: 'RWx',
  caFile: '/run/ca.pem',
});
test(
  'a typed ISO is not held against the digest of another',
  gives,
  { device: '/dev/vda', isoUrl: '/mnt/bos.iso' },
  { publicKey: 'RWy' },
  fromIso,
  { device: '/dev/vda', isoUrl: '/mnt/bos.iso', publicKey: 'RWy', caFile: '/run/ca.pem' },
);

const refuses = test.macro(
  (t, isoUrl: string | undefined, flags: InstallFlags, commandLine: Config, code: string) => {
    t.throws(() => requestOf({ isoUrl }, flags, commandLine), { code });
  },
);
test(
  'a digest that is none',
  refuses,
  'https://example.com/bos.iso',
  { sha256: 'abc' },
  {},
  'request-invalid',
);
test('no format, by the flag and by the command line', (t) => {
  t.true(requestOf({}, { noFormat: true }, {}).noFormat);
  t.true(requestOf({}, { noFormat: false }, { 'bos.install.no_format': true }).noFormat);
  t.false(requestOf({}, { noFormat: false }, {}).noFormat);
});
test('a terminal that is none', refuses, undefined, { tty: 'ttyS0 init=/bin/sh' }, {}, 'request-invalid');

test('powering off that the boot asked for is said where a command is typed', (t) => {
  const { layer, diagnostics } = parseCommandLine('bos.install.power_off');
  const asked = (flags: InstallFlags) =>
    withWarnings(requestOf({}, flags, { 'bos.install.power_off': true }), diagnostics, layer);
  const typed = asked({});
  t.is(typed.after, 'power-off');
  t.like(typed.warnings?.[0], { key: 'bos.install.power_off', severity: 'warning' });
  t.regex(typed.warnings?.[0]?.message ?? '', /counts for this command too: the machine powers off/);
  t.deepEqual(asked({ poweroff: true }).warnings, [], 'it was typed');
  t.deepEqual(asked({ fromCommandLine: true }).warnings, [], 'it is meant');
  t.is(asked({ poweroff: false }).after, 'stay');
});
