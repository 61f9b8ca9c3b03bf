/** Files of machines: what they may say, and where it says that something is wrong. */
import test from 'ava';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { OpsError } from '../../../src/errors.ts';
import { fileStore } from '../../../src/serve/machines/file-store.ts';
import { folderStore } from '../../../src/serve/machines/folder-store.ts';
import { lookedAt, machineRequest } from '../../../src/serve/machines/request.ts';
import { hidingOf } from '../../../src/serve/machines/secrets.ts';
import type { UsableMachine } from '../../../src/serve/machines/store.ts';
import { fakeHost } from '../../fakes/host.ts';

const one = async (text: string, more: Readonly<Record<string, string>> = {}) => {
  const { files } = fakeHost({ files: { '/m/a.yaml': text, ...more } });
  const machine = await folderStore(files, '/m').get('a');
  if (machine === undefined) throw new Error('no machine');
  return { files, machine };
};
const faultsOf = async (text: string) => (await one(text)).machine.faults.map(formatDiagnostic);
const requestOf = async (text: string, more?: Readonly<Record<string, string>>) => {
  const { files, machine } = await one(text, more);
  return machineRequest(files, machine as UsableMachine);
};

test('all that a machine may say becomes a request of iso remaster', async (t) => {
  const text = `
base: bos.iso
config:   # for this one
  hostname: node1
  # a comment
  write_files:
  - path: /etc/motd
    content: |
      hello
        there
append_kargs: [console=ttyS1, 'name="two words"']
delete_kargs: [quiet]
replace_kargs: [console=tty0=console=ttyS0]
entry: install
after_separator: true
install: {device: /dev/vda, power_off: true, wipe: false}
files:
- {path: /a/b, content: text}
- {path: c, source: data.bin, executable: true}
remove: [/old]
volid: NEW
mac: 52-54-00-12-34-56
serial: ABC 123
token: abcdefghijklmnop
once: true
`;
  const { request } = await requestOf(text, { '/m/data.bin': 'bytes' });
  t.is(
    Buffer.from(request.checkedConfig ?? []).toString(),
    'hostname: node1\n# a comment\nwrite_files:\n- path: /etc/motd\n  content: |\n    hello\n      there\n',
  );
  t.deepEqual(request.menu, {
    append: ['console=ttyS1', 'name="two words"'],
    delete: ['quiet'],
    replace: [{ old: 'console=tty0', new: 'console=ttyS0' }],
    entry: 'install',
    afterSeparator: true,
    install: [
      { name: 'device', value: '/dev/vda' },
      { name: 'power_off', value: undefined },
    ],
  });
  t.deepEqual(request.remove, ['old']);
  t.is(request.volumeId, 'NEW');
  t.deepEqual(
    request.put?.map(({ path, executable, content }) => [
      ...[path, executable, content?.kind === 'bytes' && Buffer.from(content.bytes).toString()],
    ]),
    [
      ['a/b', false, 'text'],
      ['c', true, 'bytes'],
    ],
  );
});

test('an empty file is a machine that changes nothing', async (t) => {
  for (const text of ['', '# nothing\n', '{}\n']) t.deepEqual(await faultsOf(text), []);
});

const faulty = test.macro({
  exec: async (t, text: string, ...expected: string[]) => t.deepEqual(await faultsOf(text), expected),
  title: (name = '') => `faults: ${name}`,
});

test(
  'an unknown key',
  faulty,
  'config: {hostname: a}\nappend_karg: [a]\n',
  'a.yaml:2:1: append_karg: is not a key of a machine; did you mean append_kargs?',
);
test(
  'an unknown key with a word behind it, and one inside of a file',
  faulty,
  'volid: A\nmacs: 1\nfiles: [{path: a, source: b, mode: 3}]\n',
  'a.yaml:3:30: files[0].mode: is not a key of a file',
  'a.yaml:2:1: macs: is not a key of a machine; did you mean mac?',
);
test(
  'a wrong type',
  faulty,
  'append_kargs: quiet\nonce: 3\n',
  'a.yaml:1:15: append_kargs: expected a list, found text',
  'a.yaml:2:7: once: expected true or false, found a number',
);
test(
  'a number that is text',
  faulty,
  'token: 1234567890123456\n',
  'a.yaml:1:8: token: expected text, found a number; write it in quotes',
);
test(
  'a short token, which is not repeated',
  faulty,
  'token: hunter2\n',
  'a.yaml:1:8: token: expected 16 to 128 letters, digits, hyphens and underscores',
);
test(
  'inside of the configuration',
  faulty,
  'volid: A\nconfig:\n  hostname: a\n  bos:\n    labels: 3\n',
  'a.yaml:5:13: bos.labels: expected a map of strings, found a number',
);
test(
  'inside of a configuration in braces',
  faulty,
  'config: {hostname: a, bos: {labels: 3}}\n',
  'a.yaml:1:37: bos.labels: expected a map of strings, found a number',
);
test(
  'no YAML',
  faulty,
  'config: "open\n',
  'a.yaml:1:9: opens a quote that is not closed; write " at the end of the text',
);
test(
  'a key twice',
  faulty,
  'volid: A\nvolid: B\n',
  'a.yaml:2:1: gives volid twice; one of them would be lost',
);
test('a list', faulty, '- a\n', 'a.yaml:1:1: expected keys of a machine, found a list');
test(
  'a file both ways',
  faulty,
  'files: [{path: a, source: b, content: c}]\n',
  'a.yaml:1:9: files[0]: expected either source or content',
);
test(
  'a setting of no installer, without its value',
  faulty,
  'install:\n  devic: hunter2\n',
  'a.yaml:2:10: install.devic: is not an installer setting',
);
test(
  'a MAC address',
  faulty,
  'mac: 52:54\n',
  'a.yaml:1:6: mac: expected a MAC address, such as 52:54:00:12:34:56',
);
test(
  'another document',
  faulty,
  'volid: A\n---\nvolid: B\n',
  'a.yaml:2:1: begins another document; expected one',
);

test('files beside it, and none from elsewhere', async (t) => {
  const { request } = await requestOf('config: configs/a.yaml\n', { '/m/configs/a.yaml': 'hostname: b\n' });
  t.is(Buffer.from(request.checkedConfig ?? []).toString(), 'hostname: b\n');
  for (const name of ['../secret', '/etc/passwd', 'a/../../b', '.', '', 'configs/'])
    await t.throwsAsync(requestOf(`config: "${name}"\n`), { code: 'machine-invalid' }, name);
  const error = await t.throwsAsync<OpsError>(requestOf('config: none.yaml\n'), { instanceOf: OpsError });
  t.regex(
    error?.details.join() ?? '',
    /^none\.yaml: config: (is not a file|cannot be read: it does not exist)/,
  );
});

test('a link that leads out of the folder is refused', async (t) => {
  const { files, machine } = await one('config: link.yaml\n', { '/secret': 'hostname: x\n' });
  await files.symlink('/secret', '/m/link.yaml');
  await t.throwsAsync(machineRequest(files, machine as UsableMachine), { code: 'machine-invalid' });
});

test('a configuration that is named is no machine, also while it has faults', async (t) => {
  const { files } = fakeHost({
    files: { '/m/a.yaml': 'config: a-config.yaml\n', '/m/a-config.yaml': 'hostname: a\n', '/m/note.txt': '' },
  });
  const store = folderStore(files, '/m');
  t.deepEqual(
    (await store.all()).map(({ name }) => name),
    ['a'],
  );
  t.is(await store.get('a-config'), undefined);
});

test('what changes shows at once, and what goes is gone', async (t) => {
  const { files } = fakeHost({ files: { '/m/a.yaml': 'volid: A\n' } });
  const store = folderStore(files, '/m');
  t.is((await store.get('a'))?.spec?.volid, 'A');
  await files.write('/m/a.yaml', 'volid: B\n');
  t.is((await store.get('a'))?.spec?.volid, 'B');
  await files.remove('/m/a.yaml');
  t.is(await store.get('a'), undefined);
});

test('one file for all: each by its name, a fault is that of one machine', async (t) => {
  const text = 'machines:\n  a:\n    volid: A\n  b:\n    volid: 3\n  ../c: {}\n';
  const { files } = fakeHost({ files: { '/m/all.yaml': text } });
  const store = fileStore(files, '/m/all.yaml');
  t.deepEqual(
    (await store.all()).map(({ name, faults }) => [name, faults.length]),
    [
      ['a', 0],
      ['b', 1],
    ],
  );
  t.deepEqual((await store.faults()).map(formatDiagnostic), [
    'all.yaml:6:3: is not a name of a machine: expected 1 to 63 letters, digits, dots, hyphens and underscores',
  ]);
  t.is((await store.get('a'))?.spec?.volid, 'A');
  t.is(await store.get('../c'), undefined);
  t.is(await store.get('toString'), undefined);
});

test('secrets are hidden in whatever is said of a machine', async (t) => {
  const text =
    'token: abcdefghijklmnop\nappend_kargs: [auth=hunter22, a=1]\ninstall: {config_url: "https://me:pw@host/x"}\n';
  const { machine } = await one(text);
  const hide = hidingOf(machine);
  const said = hide('abcdefghijklmnop auth=hunter22 a=1 https://me:pw@host/x');
  for (const secret of ['abcdefghijklmnop', 'hunter22', 'pw@']) t.false(said.includes(secret), said);
  t.true(said.includes('auth=') && said.includes('a=1'), said);
});

test('two files at one path are a fault: one of them would be lost', async (t) => {
  const faults = (files: string, more = '') => faultsOf(`files: [${files}]\n${more}`);
  const two = '{path: /a, content: one}, {path: a/, content: two}';
  t.deepEqual(await faults(two), ['a.yaml:1:42: files[1].path: is also the path of files[0]']);
  const config = '{path: /bos/system/config.yaml, content: "hostname: a"}';
  t.deepEqual(await faults(config), []);
  t.deepEqual(await faults(config, 'config: {hostname: b}\n'), [
    'a.yaml:1:16: files[0].path: is also the path of config',
  ]);
  t.deepEqual(await faults('{path: /a, content: one}, {path: /A, content: two}'), []);
});

test('files that a machine names are looked at before anybody asks for its ISO', async (t) => {
  const seen = async (text: string) => {
    const { files, machine } = await one(text, { '/m/here': 'x', '/etc/passwd': 'x' });
    return lookedAt(files, machine);
  };
  t.deepEqual(await seen('files: [{path: /x, source: here}]\n'), { faults: [], served: true });
  for (const source of ['gone', '../etc/passwd', '/etc/passwd']) {
    const { faults, served } = await seen(
      `files: [{path: /x, source: here}, {path: /y, source: ${source}}]\n`,
    );
    t.is(faults.length, 1, source);
    t.true(faults[0]?.startsWith(`${source}: files: `), faults[0]);
    t.false(served);
  }
});
