/** Configurations of k3OS become ones of Bhojpur OS, with their comments, and are not changed a second time. */
import test from 'ava';
import fc from 'fast-check';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { migrateConfig } from '../../../src/config/migrate/migrate.ts';
import { merge } from '../../../src/config/sources/merge.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { runs } from '../../properties.ts';

const becomes = test.macro((t, old: string, expected: string, notes: readonly RegExp[]) => {
  const { text, notes: found } = migrateConfig(old, 'c');
  t.is(text, expected);
  const said = found.map((one) => formatDiagnostic(one).slice(2));
  t.is(said.length, notes.length, said.join('\n'));
  for (const [index, pattern] of notes.entries()) t.regex(said[index] ?? '', pattern);
  t.is(migrateConfig(text, 'c').text, text);
});

test(
  'the group and its keys, with comments and layout',
  becomes,
  `# a node
ssh_authorized_keys:  # who may log in
  -   github:me
k3os:
    # joins
    server_url:   https://first:6443   # the first
    token:   "x"
    k3s_args: [agent,   "--node-label=a=b"]
    ntp_servers:
    - a.example
`,
  `# a node
ssh_authorized_keys:  # who may log in
  -   github:me
bos:
    # joins
    server_url:   https://first:6443   # the first
    token:   "x"
    dcp_args: [agent,   "--node-label=a=b"]
    ntp_servers:
    - a.example
`,
  [/^4:1: note: k3os: is now bos$/, /^8:5: note: k3os\.k3s_args: is now dcp_args$/],
);
test(
  'spellings, in quotes too',
  becomes,
  '"sshAuthorizedKeys": [github:me]\nruncmd:\n- ls\nk3os: {k3sArgs: [server], \'dnsNameservers\': [1.1.1.1], install: {powerOff: true}}\n',
  '"ssh_authorized_keys": [github:me]\nrun_cmd:\n- ls\nbos: {dcp_args: [server], \'dns_nameservers\': [1.1.1.1], install: {power_off: true}}\n',
  [
    /sshAuthorizedKeys: is now ssh_authorized_keys/,
    /runcmd/,
    /k3os/,
    /k3sArgs/,
    /dnsNameservers/,
    /powerOff/,
  ],
);
test(
  'other names for the same',
  becomes,
  'k3os: {datasource: [aws], label: {a: b}, install: {efi: true}}\n',
  'bos: {data_sources: [aws], labels: {a: b}, install: {force_efi: true}}\n',
  [/k3os/, /datasource: is now data_sources/, /label: is now labels/, /efi: is now force_efi/],
);
test(
  'dotted names, other capitals, names that are right',
  becomes,
  'k3os.server_url: https://a:6443\nK3OS.k3s_args: [agent]\nhostname: a\nbos.token: x\n',
  'bos.server_url: https://a:6443\nbos.dcp_args: [agent]\nhostname: a\nbos.token: x\n',
  [/k3os\.server_url: is now bos\.server_url/, /K3OS\.k3s_args: is now bos\.dcp_args/],
);
test(
  'one string in place of a list, and paths without their first stroke',
  becomes,
  'k3os:\n  data_sources: aws # one\n  k3s_args: "server --cluster-init"\nwrite_files:\n- path: etc/conf/x\n  content: a\n- {path: "var/b"}\nrun_cmd: |\n  echo a\n',
  'bos:\n  data_sources: ["aws"] # one\n  dcp_args: ["server", "--cluster-init"]\nwrite_files:\n- path: /etc/conf/x\n  content: a\n- {path: "/var/b"}\nrun_cmd: |\n  echo a\n',
  [
    /k3os: is now/,
    /data_sources: is now a list/,
    /k3s_args: is now dcp_args/,
    /k3s_args: is now a list/,
    /path: now begins/,
    /path/,
  ],
);
test(
  'merged maps and aliases, each once',
  becomes,
  'common: &c {k3s_args: [agent]}\nfile: &f {path: etc/a}\nk3os: {<<: *c, token: x}\nwrite_files: [*f, *f]\n',
  'common: &c {dcp_args: [agent]}\nfile: &f {path: /etc/a}\nbos: {<<: *c, token: x}\nwrite_files: [*f, *f]\n',
  [/k3s_args/, /path/, /path/, /k3os/],
);
test(
  'both names at once: a person joins them',
  becomes,
  'bos: {token: x}\nk3os: {server_url: https://a:6443}\nrun_cmd: [a]\nruncmd: [b]\n',
  'bos: {token: x}\nk3os: {server_url: https://a:6443}\nrun_cmd: [a]\nruncmd: [b]\n',
  [
    /^2:1: warning: k3os: is bos here, which is there too: join them by hand$/,
    /^4:1: warning: runcmd: is run_cmd here/,
  ],
);
test(
  'what only a person can decide is named, and stays',
  becomes,
  'run_cmd:\n- cp /k3os/system/x /etc/rancher/k3s/k3s.yaml\n- |\n  sleep 1\n  rc-service k3s-service restart\nbos:\n  labels: {k3os.io/mode: live}\n  environment: {K3S_URL: https://a:6443}\n',
  'run_cmd:\n- cp /k3os/system/x /etc/rancher/k3s/k3s.yaml\n- |\n  sleep 1\n  rc-service k3s-service restart\nbos:\n  labels: {k3os.io/mode: live}\n  environment: {K3S_URL: https://a:6443}\n',
  [
    /^2:6: warning: names \/k3os\/system, and is not changed: the files of the system are in \/bos\/system$/,
    /^2:21: warning: names \/etc\/rancher\/k3s\/k3s\.yaml/,
    /^5:3: warning: names OpenRC/,
    /^5:14: warning: names the service of k3s/,
    /^7:12: warning: names a label k3os\.io\//,
    /^8:17: warning: names a variable K3S_\*/,
  ],
);
test('what is no YAML stays', becomes, 'k3os: [\n', 'k3os: [\n', []);
test('no map stays', becomes, '- k3os\n', '- k3os\n', []);

test('the whole of what k3OS documents becomes valid', (t) => {
  const old = `ssh_authorized_keys:
- "github:ibuildthecloud"
write_files:
- encoding: ""
  content: |-
    #!/bin/bash
    echo hello, local service start
  owner: root
  path: /etc/local.d/example.start
  permissions: '0755'
hostname: myhost
init_cmd:
- "echo hello, init command"
boot_cmd:
- "echo hello, boot command"
run_cmd:
- "echo hello, run command"
k3os:
  data_sources:
  - aws
  - cdrom
  modules:
  - kvm
  - nvme
  sysctls:
    kernel.printk: "4 4 1 7"
    kernel.kptr_restrict: "1"
  dns_nameservers:
  - 8.8.8.8
  - 1.1.1.1
  ntp_servers:
  - 0.us.pool.ntp.org
  wifi:
  - name: home
    passphrase: mypassword
  password: rancher
  server_url: https://someserver:6443
  token: TOKEN_VALUE
  labels:
    region: us-west-1
    somekey: somevalue
  k3s_args:
  - server
  - "--cluster-init"
  environment:
    http_proxy: http://myserver
    http_proxys: http://myserver
  taints:
  - key1=value1:NoSchedule
  - key1=value1:NoExecute
`;
  const { text } = migrateConfig(old, 'c');
  const { layer, diagnostics } = parseConfigYaml(text, 'c');
  t.deepEqual(diagnostics.map(formatDiagnostic), []);
  const { config } = merge([layer]);
  t.deepEqual(config['bos.dcp_args'], ['server', '--cluster-init']);
  t.is(Object.keys(config).length, 19);
});

const line = fc.constantFrom(
  ...[
    'k3os:',
    'bos:',
    'k3os: {token: x}',
    '  k3s_args: server',
    '  k3sArgs: [agent]',
    '  token: x # secret',
    '  serverUrl: "a"',
  ],
  ...[
    'sshAuthorizedKeys: github:me',
    'ssh_authorized_keys:',
    '- github:me',
    'runcmd: |',
    '    k3s kubectl',
    'run_cmd: ["a, b"]',
  ],
  ...[
    'write_files:',
    '- path: etc/a',
    '  content: b',
    '  install:',
    '    powerOff: true',
    '<<: *a',
    'x: &a {k3s_args: c}',
  ],
  ...['"K3OS": {data_source: aws}', "'k3os.token': y", '  data_sources: aws', '  labels: {k3os.io/a: b}', ''],
);
const anyFile = fc
  .array(fc.tuple(line, fc.boolean()), { maxLength: 12 })
  .map((lines) =>
    lines.map(([text, comment], index) => (comment ? `# c${index}\n${text}` : text)).join('\n'),
  );

test('once is enough, and no comment is lost', (t) => {
  let changed = 0;
  fc.assert(
    fc.property(anyFile, (old) => {
      const { text } = migrateConfig(old, 'c');
      t.is(migrateConfig(text, 'c').text, text);
      t.deepEqual(text.match(/# ?\w+/g), old.match(/# ?\w+/g));
      t.is(text.split('\n').length, old.split('\n').length);
      if (text !== old) changed += 1;
      // What was YAML stays YAML.
      const broken = (one: string) =>
        parseConfigYaml(one, 'c').diagnostics.some(({ key, about }) => !key && !about);
      if (!broken(old)) t.false(broken(text), `${old}\n--\n${text}`);
    }),
    { numRuns: runs(2_000) },
  );
  t.true(changed > runs(2_000) / 100);
});
