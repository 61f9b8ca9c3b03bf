import test from 'ava';
import type { Config, LayerKind } from '../../../src/config/config.ts';
import { hasLogin } from '../../../src/config/keys/login.ts';
import { configSchema } from '../../../src/config/keys/schema.ts';
import { hideSecrets } from '../../../src/config/keys/secrets.ts';
import { nestConfig } from '../../../src/config/render.ts';
import { merge } from '../../../src/config/sources/merge.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';

const layer = (text: string, kind: LayerKind = 'local') => parseConfigYaml(text, text, kind).layer;

const merges = test.macro((t, texts: readonly string[], expected: Config) => {
  t.deepEqual(merge(texts.map((text) => layer(text))).config, expected);
});

test('later wins', merges, ['hostname: a', 'hostname: b'], { hostname: 'b' });
test('lists replace', merges, ['bos: {modules: [a, b]}', 'bos: {modules: [c]}'], { 'bos.modules': ['c'] });
test(
  'maps merge, null takes an entry out',
  merges,
  ['bos: {labels: {a: 1, b: 2}}', 'bos: {labels: {a: ~, c: 3}}'],
  {
    'bos.labels': { b: '2', c: '3' },
  },
);
test(
  'null removes, and what comes later counts again',
  merges,
  ['hostname: a\nbos: {token: x}', 'hostname:\nbos: {token: ~}', 'hostname: c'],
  {
    hostname: 'c',
  },
);
test(
  'keys add up, each once',
  merges,
  ['ssh_authorized_keys: [github:a, github:b]', 'ssh_authorized_keys: [github:b, github:c]'],
  {
    ssh_authorized_keys: ['github:a', 'github:b', 'github:c'],
  },
);
test(
  'the operator can take keys back',
  merges,
  ['ssh_authorized_keys: [github:a]', 'ssh_authorized_keys:'],
  {},
);

test('a cloud cannot take keys of the operator away', (t) => {
  const merged = merge([layer('ssh_authorized_keys: [github:a]'), layer('ssh_authorized_keys: ~', 'cloud')]);
  t.deepEqual(merged.config, { ssh_authorized_keys: ['github:a'] });
});

test('origins name every place that contributed', (t) => {
  const { origins } = merge([
    layer('hostname: a\nbos: {labels: {a: 1}}'),
    layer('hostname: b\nbos: {labels: {b: 1}}'),
  ]);
  t.deepEqual(
    origins.get('hostname')?.map(({ line, column }) => [line, column]),
    [[1, 1]],
  );
  t.is(origins.get('bos.labels')?.length, 2);
});

const login = test.macro((t, config: Config, expected: boolean) => t.is(hasLogin(config), expected));
test('login: nothing', login, {}, false);
test('login: a key', login, { ssh_authorized_keys: ['github:me'] }, true);
test('login: an empty list', login, { ssh_authorized_keys: [] }, false);
test('login: a password', login, { 'bos.password': 'x' }, true);
test('login: a hash', login, { 'bos.password': '$6$a$b' }, true);
test('login: a password that begins with !', login, { 'bos.password': '!hunter2' }, true);
test('login: an empty password', login, { 'bos.password': '' }, false);
test('login: a locked password', login, { 'bos.password': '!' }, false);
test('login: a locked hash', login, { 'bos.password': '!$6$a$b' }, false);

test('secrets are hidden wherever they stand', (t) => {
  const shown = hideSecrets({
    hostname: 'a',
    'bos.password': 'x',
    'bos.wifi': [{ name: 'home', passphrase: 'x' }],
    write_files: [{ path: '/a', content: 'x' }],
  });
  t.deepEqual(nestConfig(shown), {
    hostname: 'a',
    write_files: [{ path: '/a', content: '(hidden)' }],
    bos: { password: '(hidden)', wifi: [{ name: 'home', passphrase: '(hidden)' }] },
  });
});

test('the schema nests keys, has aliases and leaves out what files cannot give', (t) => {
  const schema = configSchema() as { properties: { bos: { properties: Record<string, { type: unknown }> } } };
  const bos = schema.properties.bos.properties;
  t.deepEqual(bos.sysctl?.type, ['object', 'null']);
  t.like(bos.install, { properties: { efi: { type: ['boolean', 'null'] } }, additionalProperties: false });
  t.is(bos.mode, undefined);
});
