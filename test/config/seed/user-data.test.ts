/** user-data of the boot partition: of cloud-init, of ours, and of both in one file. */
import test from 'ava';
import fc from 'fast-check';
import { formatDiagnostic, hasErrors } from '../../../src/config/diagnostics.ts';
import { parseSeedUserData } from '../../../src/config/seed/user-data.ts';
import { merge } from '../../../src/config/sources/merge.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { runs } from '../../properties.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJvb3RAYQaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a@example';

function read(text: string) {
  const { parsed, once, oncePlace } = parseSeedUserData(Buffer.from(text), 'user-data');
  const { config, origins } = merge(parsed.map(({ layer }) => layer));
  const diagnostics = parsed.flatMap((one) => one.diagnostics);
  return { config, origins, once, oncePlace, diagnostics, lines: diagnostics.map(formatDiagnostic) };
}

/** In the form of Raspberry Pi Imager 2 (src/customization_generator.cpp there), all of its questions answered. */
const imager = `#cloud-config
manage_resolv_conf: false

hostname: board-7
manage_etc_hosts: true
packages:
- avahi-daemon
apt:
  preserve_sources_list: true
  conf: |
    Acquire {
      Check-Date "false";
    };
timezone: Europe/Berlin
keyboard:
  model: pc105
  layout: "gb"
users:
- name: ada
  groups: users,adm,dialout,audio,netdev,video,plugdev,cdrom,games,input,gpio,spi,i2c,render,sudo
  shell: /bin/bash
  lock_passwd: false
  passwd: "$y$jB5$abcdefgh$0123456789"
  ssh_authorized_keys:
    - ${key}
  sudo: ALL=(ALL) NOPASSWD:ALL
enable_ssh: true
ssh_pwauth: true
runcmd:
  - [ systemctl, enable, --now, ssh ]
  - echo "it's done"
`;

test('what Imager writes is applied', (t) => {
  const { config, once, oncePlace, diagnostics, lines } = read(imager);
  t.deepEqual(config, {
    hostname: 'board-7',
    ssh_authorized_keys: [key],
    'bos.password': '$y$jB5$abcdefgh$0123456789',
    'bos.ssh_password_login': true,
    'bos.keymap': 'uk',
  });
  t.deepEqual(once, ['systemctl enable --now ssh', 'echo "it\'s done"']);
  t.deepEqual(oncePlace, { file: 'user-data', line: 29, column: 1 });
  t.false(hasErrors(diagnostics), lines.join('\n'));
  t.deepEqual(
    lines.filter((line) => !line.includes('note:')),
    [
      'user-data:6:1: warning: packages: is a key of cloud-init that has no effect here: the system is read-only and has no package manager',
      'user-data:14:1: warning: timezone: is a key of cloud-init that has no effect here: the clock of the system is in UTC',
    ].toReversed(),
  );
  t.true(lines.some((line) => /note: users: the account is called bhojpur here, not ada/.test(line)));
});

test('the older form of Imager, with one user, is applied too', (t) => {
  const { config, lines } = read(
    '#cloud-config\nuser:\n  name: pi\n  shell: /bin/bash\n  lock_passwd: false\n  passwd: "$5$abc$def"\nssh_pwauth: false\n',
  );
  t.deepEqual(config, { 'bos.password': '$5$abc$def', 'bos.ssh_password_login': false });
  t.false(
    lines.some((line) => !line.includes('note')),
    lines.join('\n'),
  );
});

test('a file of ours is read as every other, at its own places', (t) => {
  const own = 'hostname: node1\nbos:\n  token: x\n  lables: {a: b}\nrun_cmd: [date]\n';
  const { parsed } = parseSeedUserData(Buffer.from(own), 'f');
  t.deepEqual(parsed, [parseConfigYaml(own, 'f')]);
});

test('keys of both in one file: ours win, and faults are where they stand', (t) => {
  const text = [
    'users:',
    `  - ssh_authorized_keys: [${key}]`,
    '    passwd: theirs',
    '# between',
    'bos:',
    '  password: ours',
    '  tokn: x',
    'runcmd: [date]',
    'run_cmd: [uptime]',
    '',
  ].join('\r\n');
  const { config, origins, once, lines } = read(text);
  t.deepEqual(config, { ssh_authorized_keys: [key], 'bos.password': 'ours', run_cmd: ['uptime'] });
  t.deepEqual(once, ['date']);
  t.deepEqual(origins.get('ssh_authorized_keys'), [{ file: 'user-data', line: 1, column: 1 }]);
  t.deepEqual(lines, ['user-data:7:3: bos.tokn: is not a key; did you mean bos.token?']);
});

const gives = test.macro({
  exec: (t, text: string, expected: object, ...told: RegExp[]) => {
    const { config, lines } = read(text);
    t.deepEqual(config, expected);
    for (const message of told)
      t.true(
        lines.some((line) => message.test(line)),
        lines.join('\n'),
      );
    if (told.length === 0) t.deepEqual(lines, []);
  },
  title: (what = '') => what,
});
const none = { ssh_authorized_keys: [] };
test('JSON', gives, '{"hostname":"a","chpasswd":{"expire":false,"list":"ubuntu:secret"}}', {
  hostname: 'a',
  'bos.password': 'secret',
});
test('aliases', gives, 'users: [{passwd: &p hush}]\nbos: {token: *p}\n', {
  'bos.password': 'hush',
  'bos.token': 'hush',
});
test('chpasswd with users', gives, 'chpasswd: {users: [{name: a, password: R}, {name: b, password: hush}]}', {
  'bos.password': 'hush',
});
test(
  'the default password of an image, which is to be changed, is not taken',
  gives,
  'ssh_pwauth: true\nchpasswd: {expire: true, users: [{name: ubuntu, password: ubuntu, type: text}]}',
  { 'bos.ssh_password_login': true },
  /the password is not set/,
);
test('a locked user has no password', gives, 'users: [default, {passwd: x, lock_passwd: true}]', {});
test(
  'two users with passwords',
  gives,
  'users: [{name: a, passwd: one}, {name: b, passwd: two}]',
  { 'bos.password': 'one' },
  /there is one account/,
  /not a, b; log in as bhojpur/,
);
test('keys of GitHub', gives, 'ssh_import_id: [gh:ada]', { ssh_authorized_keys: ['github:ada'] });
test(
  'keys of Launchpad',
  gives,
  'ssh_import_id: [lp:ada]',
  none,
  /ssh_authorized_keys.*expected a public key/,
);
test('a broken key', gives, 'users: [{ssh_authorized_keys: [x]}]', none, /expected a public key/);
test('users that are none', gives, 'users: [[a], 7]', {}, /expected a list of users/);
test('time servers', gives, 'ntp: {enabled: true, servers: [a.example], pools: [b.example]}', {
  'bos.ntp_servers': ['a.example', 'b.example'],
});
test('time servers, turned off', gives, 'ntp: {enabled: false, servers: [a.example]}', {});
test('name servers', gives, 'resolv_conf: {nameservers: [192.0.2.1]}', {
  'bos.dns_nameservers': ['192.0.2.1'],
});
test('a full name', gives, 'fqdn: a.example.org', { hostname: 'a' });
test('a host name beside it', gives, 'fqdn: a.example.org\nhostname: b', { hostname: 'b' });
test('a layout with a variant', gives, 'keyboard: {layout: de, variant: nodeadkeys}', {
  'bos.keymap': 'de-latin1-nodeadkeys',
});
test(
  'a layout that is not known',
  gives,
  'keyboard: {layout: xx}',
  {},
  /no keymap is known; write bos\.keymap/,
);
test('passwords stay as they are', gives, 'ssh_pwauth: unchanged', {});

test('whatever stands there, nothing is thrown, and no secret is told', (t) => {
  const names = [
    'users',
    'user',
    'chpasswd',
    'password',
    'ntp',
    'keyboard',
    'runcmd',
    'fqdn',
    'ssh_import_id',
    'bos',
  ];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.jsonValue()), (value) => {
      const { lines } = read(JSON.stringify(value));
      return Array.isArray(lines);
    }),
    { numRuns: runs(300) },
  );
  const { lines } = read('users: [{passwd: "hunter2\\nx"}]\npassword: "hunter2\\ny"\n');
  t.true(lines.length >= 2);
  t.false(
    lines.some((line) => line.includes('hunter2')),
    lines.join('\n'),
  );
});

test('what is no YAML, no map, or too large is one fault', (t) => {
  for (const text of ['a: [', '- a', 'word', `a: ${'x'.repeat(3 * 2 ** 20)}`, 'users: {{ name }}']) {
    const { config, diagnostics } = read(text);
    t.deepEqual(config, {});
    t.true(hasErrors(diagnostics), text.slice(0, 20));
  }
});

/** Levels of lists, each of nine times the one before. */
const expanding = Array.from(
  { length: 9 },
  (_, level) =>
    `- &a${level} [${
      level === 0
        ? 'x'
        : Array(9)
            .fill(`*a${level - 1}`)
            .join(', ')
    }]\n`,
).join('');
for (const [what, text, message] of [
  [
    'in a list',
    'hostname: a\nusers: [*x]\n',
    '*x is an alias of nothing; write text in quotes: not read are users',
  ],
  [
    'in a map',
    'hostname: a\nusers: [{name: *x}]\nruncmd: [ls]\n',
    /alias of nothing.*not read are users, runcmd$/,
  ],
  ['before its anchor', 'hostname: a\nusers: [{name: *x}, {name: &x y}]\n', /alias of nothing/],
  ['in a key of ours', 'hostname: a\nusers: []\nbos: {token: *x}\n', /\*x is an alias of nothing/],
  ['of too much', `hostname: a\nusers:\n${expanding}`, /stand for too much: not read are users/],
  ['of what it is part of', 'hostname: a\nruncmd: &x [*x]\n', /stands for what it is part of/],
  ['of a map that it is part of', 'hostname: a\nusers: [&x {name: *x}]\n', /stands for what it is part of/],
] as const)
  test(`an alias ${what} is a fault at its place, and the rest counts`, (t) => {
    const { parsed, once } = parseSeedUserData(Buffer.from(text), 'user-data');
    t.is(parsed.length, 1);
    t.is(parsed[0]?.layer.entries.get('hostname')?.value, 'a');
    const errors = parsed[0]?.diagnostics.filter(({ severity }) => severity === 'error') ?? [];
    const found = errors.find((one) =>
      typeof message === 'string' ? one.message === message : message.test(one.message),
    );
    t.truthy(found, JSON.stringify(parsed[0]?.diagnostics));
    t.false(parsed[0]?.diagnostics.some(({ message: words }) => words === 'is not a key'));
    t.deepEqual(once, []);
  });
