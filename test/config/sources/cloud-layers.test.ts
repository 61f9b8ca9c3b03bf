/** What a cloud gave: what it may say, what it may not, and in which forms. */

import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { formatDiagnostic, formatPlace } from '../../../src/config/diagnostics.ts';
import { loadConfig } from '../../../src/config/sources/sources.ts';
import { classify, unpackedLimit } from '../../../src/config/sources/user-data.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { runs } from '../../properties.ts';

const host = linuxHost();
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJvb3RAYQaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa operator';
const cloudKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJvb3RAYgaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa cloud';

type Contents = Readonly<Record<string, string | Uint8Array>>;
async function load(contents: Contents) {
  const root = await host.files.makeTempDir('bos-cloud-');
  try {
    for (const [path, data] of Object.entries({ 'proc/cmdline': '', ...contents })) {
      await host.files.makeDir(join(root, path, '..'));
      await host.files.write(join(root, path), data);
    }
    const { config, origins, diagnostics } = await loadConfig(host, root, { cloud: true });
    return { config, origins, faults: diagnostics.map(formatDiagnostic) };
  } finally {
    await host.files.remove(root);
  }
}

const gives = test.macro(async (t, contents: Contents, expected: object, faults: readonly string[] = []) => {
  const { config, faults: said } = await load(contents);
  t.deepEqual(config, expected as typeof config);
  t.deepEqual(said, [...faults]);
});

test(
  'cloud name and keys come after config.d, user data last',
  gives,
  {
    'var/lib/bhojpur/os/config.d/a': `hostname: local\nssh_authorized_keys: ["${key}"]\nbos: {password: local}`,
    'run/config/local_hostname': 'cloud.internal\n',
    'run/config/ssh/authorized_keys': `# keys\n${cloudKey}\n\n`,
    'run/config/userdata': '#bos-config\nbos: {password: data}\n',
  },
  {
    hostname: 'cloud.internal',
    ssh_authorized_keys: [key, cloudKey],
    'bos.password': 'data',
  },
);
test(
  'user data win over the name that the cloud gave',
  gives,
  {
    'run/config/local_hostname': 'cloud\n',
    'run/config/userdata': '#cloud-config\nhostname: data\n',
  },
  { hostname: 'data' },
);
test(
  'user data take no key of the operator away',
  gives,
  {
    'bos/system/config.yaml': `ssh_authorized_keys: ["${key}"]\nrun_cmd: [a]\nbos: {labels: {a: "1", b: "2"}}`,
    'run/config/userdata': 'ssh_authorized_keys: null\nrun_cmd: [b]\nbos: {labels: {a: null}}',
  },
  { ssh_authorized_keys: [key], run_cmd: ['b'], 'bos.labels': { b: '2' } },
);
test(
  'user data, packed',
  gives,
  { 'run/config/userdata': gzipSync('hostname: packed') },
  { hostname: 'packed' },
);
test('user data of white space', gives, { 'run/config/userdata': ' \n\n' }, {});
test(
  'what acts before the runtime phase comes too late',
  gives,
  {
    'run/config/userdata': [
      'hostname: a',
      'init_cmd: [a]',
      'boot_cmd: [b]',
      'run_cmd: [c]',
      'bos: {install: {device: /dev/vda, silent: true}, data_sources: [aws]}',
    ].join('\n'),
  },
  { hostname: 'a', run_cmd: ['c'] },
  [
    '/run/config/userdata:2:1: warning: init_cmd: acts only in the initrd phase; user data come too late for it',
    '/run/config/userdata:3:1: warning: boot_cmd: acts only in the boot phase; user data come too late for it',
    '/run/config/userdata:5:17: warning: bos.install.device: acts only during an installation; user data come too late for it',
    '/run/config/userdata:5:35: warning: bos.install.silent: acts only during an installation; user data come too late for it',
    '/run/config/userdata:5:50: warning: bos.data_sources: chooses where user data come from; in user data it is too late',
  ],
);
test(
  'names and keys that are none are left out',
  gives,
  {
    'run/config/local_hostname': 'not a name\n',
    'run/config/ssh/authorized_keys': `${cloudKey}\ngithub:somebody\n<html>\n`,
  },
  { ssh_authorized_keys: [cloudKey] },
  [
    "/run/config/local_hostname: warning: hostname: expected a host name: letters, digits, dots and inner hyphens, at most 64 characters; the cloud's name is not used",
    '/run/config/ssh/authorized_keys:2: warning: ssh_authorized_keys: expected a public key as in authorized_keys; this line is not used',
    '/run/config/ssh/authorized_keys:3: warning: ssh_authorized_keys: expected a public key as in authorized_keys; this line is not used',
  ],
);
test(
  'results that are no files',
  gives,
  { 'run/config/userdata/x': '', 'run/config/local_hostname': 'h' },
  { hostname: 'h' },
  ['/run/config/userdata: cannot be read (it is a folder); the other sources apply without it'],
);

test('what a cloud could not take away names no cloud as its origin', async (t) => {
  const { origins } = await load({
    'bos/system/config.yaml': `ssh_authorized_keys: ["${key}"]`,
    'run/config/userdata': 'ssh_authorized_keys: null',
  });
  t.deepEqual(origins.get('ssh_authorized_keys')?.map(formatPlace), ['/bos/system/config.yaml:1:1']);
});

test('a program is the last command, after those of the operator', async (t) => {
  const { config, origins, faults } = await load({
    'bos/system/config.yaml': 'run_cmd: [mine]',
    'run/config/userdata': '#!/bin/sh\necho hello\n',
    'run/config/userdata-program': '#!/bin/sh\necho hello\n',
  });
  t.deepEqual(config.run_cmd, ['mine', '/run/config/userdata-program']);
  t.deepEqual(origins.get('run_cmd')?.map(formatPlace), [
    '/bos/system/config.yaml:1:1',
    '/run/config/userdata',
  ]);
  t.deepEqual(faults, []);
});
test('a program is a command also where there is no other', async (t) => {
  const program = '\x7fELF\x02';
  const { config } = await load({ 'run/config/userdata': program, 'run/config/userdata-program': program });
  t.deepEqual(config.run_cmd, ['/run/config/userdata-program']);
});

const form = test.macro({
  exec: async (t, data: string | Uint8Array, expected: string | RegExp) => {
    const found = await classify(Buffer.from(data));
    if (typeof expected === 'string') t.is(String(found.kind), expected);
    else t.regex(found.kind === 'unusable' ? found.problem : found.kind, expected);
  },
  title: (title) => `form: ${title}`,
});
const elf = Buffer.from('\x7fELF\x02\x01\x01\0\0', 'latin1');
test('configuration', form, 'hostname: a', 'config');
test('configuration of cloud-init', form, '#cloud-config\nhostname: a', 'config');
test('script', form, '#!/bin/sh\n', 'program');
test('packed script', form, gzipSync('#!/bin/sh\n'), 'program');
test('binary', form, elf, 'program');
test('packed binary', form, gzipSync(elf), 'program');
test('nothing', form, '', 'nothing');
test(
  'MIME',
  form,
  'Content-Type: multipart/mixed; boundary="x"\n',
  /^is a MIME archive.*not supported; expected/,
);
test('MIME, version first', form, 'MIME-Version: 1.0\n', /MIME archive/);
test('packed MIME', form, gzipSync('MIME-Version: 1.0\n'), /MIME archive/);
test('include', form, '#include\nhttps://example.com\n', /list of URLs/);
test('boot hook', form, '#cloud-boothook\n#!/bin/sh\n', /boot hook/);
test('template', form, '## template: jinja\n#cloud-config\n', /template/);
test('web page', form, '\n<!DOCTYPE html>\n', /web page/);
test('packed twice', form, gzipSync(gzipSync('a')), /compressed twice/);
test('packed and cut off', form, gzipSync('hostname: a').subarray(0, 20), /cannot be unpacked/);
test('a bomb', form, gzipSync(Buffer.alloc(unpackedLimit + 1), { level: 1 }), /unpacks to more than/);

test('user data that cannot be used are told once', async (t) => {
  for (const [data, pattern] of [
    [Buffer.from('a: "b\0c"'), /NUL byte/],
    [Buffer.from([0xff, 0xfe, 0x41]), /expected UTF-8 text/],
    [Buffer.alloc(3_000_000, 'a'), /3000000 bytes long/],
    ['hostname: [', /userdata:1/],
    ['- a\n- b', /./],
    ['MIME-Version: 1.0', /MIME archive/],
  ] as const) {
    const { config, faults } = await load({
      'run/config/userdata': data,
      'bos/system/config.yaml': 'hostname: a',
    });
    t.deepEqual(config, { hostname: 'a' });
    t.is(faults.length, 1);
    t.regex(faults[0] ?? '', pattern);
  }
});

test('forms: any bytes have one, packed ones the same', async (t) => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.string().map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 50 }).map((rest) => Buffer.concat([Buffer.from([0x1f, 0x8b]), rest])),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (data) => {
      const plain = await classify(data);
      const packed = await classify(gzipSync(data));
      if (data[0] === 0x1f && data[1] === 0x8b) t.is(packed.kind, 'unusable');
      else t.is(packed.kind, plain.kind);
    }),
    { numRuns: runs(200) },
  );
});
