import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import type { Config } from '../../../src/config/config.ts';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { rows } from '../../../src/config/keys/keys.ts';
import { renderConfigYaml } from '../../../src/config/render.ts';
import { merge } from '../../../src/config/sources/merge.ts';
import { configSizeLimit, parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { runs } from '../../properties.ts';
import { anyConfig } from '../keys/arbitrary.ts';

const parse = (text: string | Uint8Array) => {
  const { layer, diagnostics } = parseConfigYaml(text, 'c.yaml');
  return { config: merge([layer]).config, faults: diagnostics.map(formatDiagnostic) };
};

const gives = test.macro((t, text: string, expected: Config) => {
  t.deepEqual(parse(text), { config: expected, faults: [] });
});
const complains = test.macro((t, text: string, faults: readonly string[], expected: Config = {}) => {
  t.deepEqual(parse(text), { config: expected, faults: [...faults] });
});

test('an empty file', gives, '', {});
test('a cloud-config header', gives, '#cloud-config\nhostname: a\n', { hostname: 'a' });
test('an empty group says nothing', gives, 'bos:\n', {});
test('a byte order mark', gives, '\ufeffhostname: a\n', { hostname: 'a' });
test('tabs behind a colon', gives, 'bos:\n  token:\tb\n', { 'bos.token': 'b' });
test('no and on are text where text belongs', gives, 'bos: {labels: {country: no, a: on}}\n', {
  'bos.labels': { country: 'no', a: 'on' },
});
test(
  'sysctls are strings, quoted or not',
  gives,
  'bos: {sysctl: {kernel.kptr_restrict: 1, kernel.printk: 4 4 1 7, a.b: 1.50}}\n',
  {
    'bos.sysctls': { 'kernel.kptr_restrict': '1', 'kernel.printk': '4 4 1 7', 'a.b': '1.50' },
  },
);
test(
  'permissions in every notation of octal',
  gives,
  'write_files: [{path: /a, permissions: 0o644}, {path: /b, permissions: 644}]\n',
  {
    write_files: [
      { path: '/a', permissions: '0o644' },
      { path: '/b', permissions: '644' },
    ],
  },
);
test('JSON', gives, '{"hostname": "a", "bos": {"modules": ["kvm"]}}', {
  hostname: 'a',
  'bos.modules': ['kvm'],
});
test('CRLF', gives, 'hostname: a\r\nbos:\r\n  token: b\r\n', { hostname: 'a', 'bos.token': 'b' });
test(
  'aliases of keys',
  gives,
  'ssh_authorized_key: [github:me]\nbos:\n  sysctl: {a.b: 1}\n  install: {efi: true}\n',
  {
    ssh_authorized_keys: ['github:me'],
    'bos.sysctls': { 'a.b': '1' },
    'bos.install.force_efi': true,
  },
);
test('a dotted key', gives, 'bos.install.device: /dev/vda\n', { 'bos.install.device': '/dev/vda' });
test(
  'numbers are strings as written',
  gives,
  'write_files:\n- {path: /a, permissions: 0644, content: 1e3}\nbos: {token: 007}\n',
  {
    write_files: [{ path: '/a', permissions: '0644', content: '1e3' }],
    'bos.token': '007',
  },
);
test('binary content', gives, 'write_files:\n- path: /a\n  content: !!binary |\n    f0VM\n    RgI=\n', {
  write_files: [{ path: '/a', content: new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2]) }],
});
test('anchors', gives, 'bos:\n  dns_nameservers: &a [1.1.1.1]\n  ntp_servers: *a\n', {
  'bos.dns_nameservers': ['1.1.1.1'],
  'bos.ntp_servers': ['1.1.1.1'],
});

test(
  'all faults at once, each with its place',
  complains,
  `hostnam: a
ssh_authorized_keys: github:me
write_files:
- path: /a
  owner: [root]
- content: b
- path: relative
  paht: /b
bos:
  password: [very, secret]
  labels:
    a: true
    b: ok
  modules: [kvm, {x: y}]
  install:
    silent: "yes"
    devise: /dev/vda
  mode: live
  token: a
  token: b
`,
  [
    'c.yaml:1:1: warning: hostnam: is not a key; did you mean hostname?',
    'c.yaml:2:22: note: ssh_authorized_keys: is taken for a list; write each element behind a hyphen',
    'c.yaml:5:10: write_files[0].owner: expected a string, found a list',
    'c.yaml:6:3: write_files[1]: expected the key path',
    'c.yaml:7:9: write_files[2].path: expected the absolute path of a file; write /relative',
    'c.yaml:8:3: write_files[2].paht: is not a field, so nothing of this entry is used; did you mean path?',
    'c.yaml:10:13: bos.password: expected a string, found a list',
    'c.yaml:14:18: bos.modules[1]: expected a string, found a map',
    'c.yaml:16:13: bos.install.silent: expected true or false, found a string; write true',
    'c.yaml:17:5: bos.install.devise: is not a key; did you mean bos.install.device?',
    'c.yaml:18:3: warning: bos.mode: acts only on the kernel command line',
    'c.yaml:20:3: bos.token: is given twice',
  ],
  {
    ssh_authorized_keys: ['github:me'],
    write_files: [],
    'bos.labels': { a: 'true', b: 'ok' },
    'bos.modules': ['kvm'],
    'bos.token': 'a',
  },
);

test('the right name in the wrong place', complains, 'token: a\n', [
  'c.yaml:1:1: token: is not a key; write bos.token',
]);
test(
  'both forms of a name',
  complains,
  'bos:\n  label: {a: b}\n  labels: {c: d}\n',
  ['c.yaml:3:3: bos.labels: is given twice; the first is in line 2'],
  { 'bos.labels': { a: 'b' } },
);
test('a syntax error', complains, 'hostname: a\n\tbos: b\n', [
  'c.yaml:2:1: Tabs are not allowed as indentation; write blanks',
]);
test('no map', complains, '- a\n', [
  'c.yaml:1:1: expected a map of keys, found a list; write them without hyphens',
]);
test('a script', complains, '#!/bin/sh\necho hello\n', [
  'c.yaml:2:1: expected a map of keys, such as "hostname: myhost"',
]);
test('a group that is no map', complains, 'bos: 1\n', [
  'c.yaml:1:6: bos: expected a map of keys, found a number',
]);
test('NUL', complains, 'hostname: a\nbos: \0\n', ['c.yaml:2:6: holds a NUL byte; expected text']);
test(
  'another document',
  complains,
  'hostname: a\n---\nhostname: b\n',
  ['c.yaml:2:1: begins another document; only the first one is used'],
  { hostname: 'a' },
);
test('a key that is a list', complains, '? [a]\n: b\n', [
  'c.yaml:1:3: expected a simple key before the colon',
]);
test(
  'a map entry without a name',
  complains,
  'bos: {labels: {"": a, b: c}}\n',
  ['c.yaml:1:16: bos.labels: expected a name before the colon'],
  { 'bos.labels': { b: 'c' } },
);
test('yes and no', complains, 'bos: {install: {silent: no, debug: On, wipe: "y"}}\n', [
  'c.yaml:1:25: bos.install.silent: expected true or false, found a string; write false',
  'c.yaml:1:36: bos.install.debug: expected true or false, found a string; write true',
  'c.yaml:1:46: bos.install.wipe: expected true or false, found a string; write true',
]);
test(
  'capitals and hyphens',
  complains,
  'HOSTNAME: a\nbos: {dns-nameservers: []}\n',
  [
    'c.yaml:1:1: note: HOSTNAME: is taken for hostname; write it so',
    'c.yaml:2:7: note: bos.dns-nameservers: is taken for bos.dns_nameservers; write it so',
  ],
  { hostname: 'a', 'bos.dns_nameservers': [] },
);
test(
  'permissions that are none',
  complains,
  'write_files: [{path: /a, permissions: u+x}, {path: /b, permissions: 999}, {path: /c, permissions: 0x1ff}]\n',
  [
    'c.yaml:1:39: write_files[0].permissions: expected permission bits in octal, such as 0644',
    'c.yaml:1:69: write_files[1].permissions: expected permission bits in octal, such as 0644',
    'c.yaml:1:99: write_files[2].permissions: expected permission bits in octal, such as 0644',
  ],
  { write_files: [] },
);
test(
  'binary that is no base64',
  complains,
  'write_files: [{path: /a, content: !!binary "f0V"}]\n',
  ['c.yaml:1:44: write_files[0].content: expected base64 after !!binary'],
  { write_files: [] },
);
test('NUL behind an escape', complains, 'hostname: "a\\0b"\n', ['c.yaml:1:11: hostname: holds a NUL byte']);
test('UTF-16', complains, 'h\0o\0', ['c.yaml:1:2: holds a NUL byte; expected text']);

// Values that YAML takes for something else. None may remove what earlier sources gave, as null would.
const keepsEarlier = test.macro((t, value: string, fault: string) => {
  const earlier = parseConfigYaml('bos: {password: earlier}', 'a.yaml').layer;
  const { layer, diagnostics } = parseConfigYaml(`bos:\n  password: ${value}\n`, 'c.yaml');
  t.deepEqual(merge([earlier, layer]).config, { 'bos.password': 'earlier' });
  t.deepEqual(diagnostics.map(formatDiagnostic), [fault]);
});
test(
  'an alias of nothing',
  keepsEarlier,
  '*hunter2',
  'c.yaml:2:13: bos.password: expected a string, found an alias (*) of nothing; write text in quotes',
);
test(
  'an anchor and nothing else',
  keepsEarlier,
  '&hunter2',
  'c.yaml:2:21: bos.password: is an anchor (&) without a value; write text in quotes',
);
test(
  'a tag of its own',
  keepsEarlier,
  '!hunter2',
  'c.yaml:2:21: bos.password: begins with !, which is a tag in YAML; write text in quotes',
);

test('not UTF-8', (t) => {
  t.deepEqual(parse(new Uint8Array([0x61, 0xff])).faults, ['c.yaml: expected UTF-8 text']);
});
test('too large', (t) => {
  t.is(parse(`#${'x'.repeat(configSizeLimit - 2)}\n`).faults.length, 0);
  t.regex(
    parse(Buffer.alloc(10_000_000, '#')).faults.join(),
    /^c\.yaml: is 10000000 bytes long; expected .* at most 2097152; shorten it or split it into files of config\.d$/,
  );
});
test('more faults than anybody reads', (t) => {
  const text = Array.from({ length: 9_000 }, (_, i) => `unknown_${i}: x`).join('\n');
  const { faults } = parse(`${text}\nhostname: [a]\n`);
  t.is(faults.length, 102);
  t.deepEqual(faults.slice(-2), [
    'c.yaml:9001:11: hostname: expected a string, found a list',
    'c.yaml: warning: 8900 more warnings',
  ]);
});
test('no fault shows a secret', (t) => {
  const secret = 'hunter2';
  const text = `bos: {password: [${secret}], token: {a: ${secret}}}\nwrite_files: [{path: a, content: [${secret}]}]\n`;
  const { faults } = parse(text);
  t.is(faults.length, 4);
  t.false(faults.join().includes(secret));
});

for (const [text, shown] of [
  [
    'bos: {password:hunter2}\n',
    'c.yaml:1:7: bos.password…: is not a key; did you mean bos.password?; write a blank behind the colon',
  ],
  ['bos: {token:hunter2, password:hunter2}\n', /token….*\n.*password…/],
  ['bos: {password=hunter2}\n', /^c\.yaml:1:7: bos\.password…: is not a key; did you mean bos\.password\?$/],
  ['bos: {password hunter2: }\n', /bos\.password…: is not a key; did you mean/],
  ['bos:\n  wifi: [{name: a, passphrase:hunter2}]\n', /passphrase…: is not a field, .*; write a blank/],
  ['bos: {password:hunter2, password:hunter2}\n', /password…: is given twice/],
  ['{"password:hunter2": 1}\n', /password…: is not a key/],
  [`${'hunter2-'.repeat(20)}x: 1\n`, /^.{0,140}…: is not a key$/],
] as const)
  test(`a name that ends in a secret: ${text.trim().slice(0, 60)}`, (t) => {
    const said = parse(text).faults.join('\n');
    if (typeof shown === 'string') t.is(said, shown);
    else t.regex(said, shown);
    if (!text.startsWith('hunter2')) t.notRegex(said, /hunter2/);
  });

test('nor does a mistake in quoting it', (t) => {
  const before = [
    '!',
    '!!',
    '|',
    '>',
    '*',
    '&',
    '@',
    '%',
    '"',
    '[',
    '{',
    '- ',
    '? ',
    ']',
    '!<',
    '!a! ',
    '!e!',
    'a\n ',
  ];
  const after = ['', ': b', ' b', '>', '"', '!', ' x: y: z', '\n\t'];
  const around = ['bos:\n  password: ', 'bos: {password: ', 'bos:\n  wifi:\n  - name: a\n    passphrase: '];
  for (const start of around) {
    for (const prefix of before) {
      for (const end of after) {
        const { faults } = parse(`${start}${prefix}hunter2${end}\n`);
        t.false(faults.join().includes('hunter2'), JSON.stringify({ start, prefix, end, faults }));
      }
    }
  }
});

test('what is rendered parses back', (t) => {
  fc.assert(
    fc.property(anyConfig, (config) => {
      const inFile = Object.fromEntries(
        Object.entries(config).filter(([name]) => !rows.find((row) => row.name === name)?.commandLineOnly),
      );
      t.deepEqual(parse(renderConfigYaml(inFile)), { config: inFile, faults: [] });
    }),
    { numRuns: runs(200) },
  );
});

test('any text gives a result', (t) => {
  const piece = fc.constantFrom(
    'bos:',
    'hostname',
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    '{',
    '}',
    ']',
    '*a',
    '&a ',
    '? ',
    '!!binary ',
    '|\n',
    '"',
    "'",
    '<<',
    '\t',
    'write_files:',
    'labels:',
    '~',
    '1',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      t.notThrows(() => parseConfigYaml(pieces.join(''), 'c.yaml'));
    }),
    { numRuns: runs(500) },
  );
});

test('the full example of the documents has no fault', (t) => {
  t.deepEqual(parse(readFileSync(new URL('../fixtures/full.yaml', import.meta.url))).faults, []);
});
