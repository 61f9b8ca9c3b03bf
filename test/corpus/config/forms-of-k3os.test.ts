/** Names and forms that k3OS and cloud-init take: what can mean one thing only is taken, and how to write it is said. */
import test from 'ava';
import { parseCommandLine } from '../../../src/config/command-line/command-line.ts';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { merge } from '../../../src/config/sources/merge.ts';
import { run } from './says.ts';

const k3os = 'public configurations of k3OS';
const cloud = "cloud-init's examples";

run([
  {
    met: k3os,
    text: 'bos: {datasource: aws}',
    says: [/^1:19: note: bos\.datasource: is taken for a list/],
    gives: { 'bos.data_sources': ['aws'] },
  },
  {
    met: cloud,
    text: 'runcmd: [ls]\nbootcmd:\n- [sh, -c, "echo it\'s $HOME"]\n- [ls, -l, /]\n',
    says: [/^1:1: note: runcmd: is taken for run_cmd; write it so$/, /^2:1: note: bootcmd: .* boot_cmd/],
    gives: { run_cmd: ['ls'], boot_cmd: [`sh -c 'echo it'\\''s $HOME'`, 'ls -l /'] },
  },
  {
    met: k3os,
    text: 'sshAuthorizedKeys: [github:me]\nbos: {ntpServers: [a.example], dnsNameservers: [1.1.1.1], k3sArgs: [server]}\n',
    says: [
      /note: sshAuthorizedKeys: is taken for ssh_authorized_keys/,
      /note: bos\.ntpServers/,
      /note: bos\.dnsNameservers/,
      /^2:59: bos\.k3sArgs: is not a key; write bos\.dcp_args$/,
    ],
    gives: {
      ssh_authorized_keys: ['github:me'],
      'bos.ntp_servers': ['a.example'],
      'bos.dns_nameservers': ['1.1.1.1'],
    },
  },
  {
    met: 'both spellings at once',
    text: 'run_cmd: [a]\nruncmd: [b]\nhostname: a\nHostname: b\n',
    says: [
      /^2:1: warning: runcmd: is not a key; write run_cmd$/,
      /^4:1: warning: Hostname: is not a key; write hostname$/,
    ],
    gives: { run_cmd: ['a'], hostname: 'a' },
  },
  {
    met: k3os,
    text: 'bos: {labels: {svccontroller.example/enablelb: true, a: False}}',
    says: [],
    gives: { 'bos.labels': { 'svccontroller.example/enablelb': 'true', a: 'False' } },
  },
  {
    met: k3os,
    text: 'bos: {modules: [bonding mode=4 miimon=100, kvm, "a;b", "../x"]}',
    says: [/modules\[2\]: expected the name of a kernel module/, /modules\[3\]/],
    gives: { 'bos.modules': ['bonding mode=4 miimon=100', 'kvm'] },
  },
  {
    met: k3os,
    text: 'run_cmd: |\n  echo a\n  echo b\n',
    says: [/^1:10: note: run_cmd: is taken for a list/],
    gives: { run_cmd: ['echo a\necho b\n'] },
  },
  {
    met: k3os,
    text: 'ssh_authorized_keys: [http://example.com/me.keys, github:me]',
    says: [/ssh_authorized_keys\[0\]: expected .* an https:\/\/ URL; over http anybody on the way/],
    gives: { ssh_authorized_keys: ['github:me'] },
  },
  {
    met: cloud,
    text: 'run_cmd: [echo foo: bar, [], [ls, {a: b}]]',
    says: [
      /run_cmd\[0\]: expected a string, found a map; write it in quotes$/,
      /run_cmd\[1\]: expected a command, found an empty list$/,
      /run_cmd\[2\]\[1\]: expected a string, found a map; write it in quotes$/,
    ],
    gives: { run_cmd: [] },
  },
  {
    met: 'one entry in place of a list',
    text: 'write_files: {path: /a, content: b}\nbos: {wifi: {name: a}}\n',
    says: [/^1:14: note: write_files: is taken for a list/, /^2:13: note: bos\.wifi: is taken for a list/],
    gives: { write_files: [{ path: '/a', content: 'b' }], 'bos.wifi': [{ name: 'a' }] },
  },
  {
    met: 'assignments in place of a map',
    text: 'bos: {labels: [region=a, "bad key!=x"], environment: ["A=b=c"], sysctls: [vm.swappiness]}',
    says: [
      /note: bos\.labels: is taken for a map; write NAME: VALUE$/,
      /bos\.labels\[bad key!\]: expected a Kubernetes label/,
      /note: bos\.environment/,
      /bos\.sysctls: expected a map of strings, found a list$/,
    ],
    gives: { 'bos.labels': { region: 'a' }, 'bos.environment': { A: 'b=c' } },
  },
]);

const line = test.macro((t, text: string, said: readonly RegExp[], config: object) => {
  const { layer, diagnostics } = parseCommandLine(text, 'c');
  t.is(diagnostics.length, said.length, diagnostics.map(formatDiagnostic).join('\n'));
  for (const [index, pattern] of said.entries())
    t.regex(diagnostics.map(formatDiagnostic)[index] ?? '', pattern);
  t.deepEqual(merge([layer]).config, config as never);
});
test('on the command line: a label', line, 'bos.labels.machine=x', [/note: .*bos\.labels\[machine\]/], {
  'bos.labels': { machine: 'x' },
});
test('on the command line: a setting', line, 'bos.sysctl.kernel.printk=1', [/note: .*\[kernel\.printk\]/], {
  'bos.sysctls': { 'kernel.printk': '1' },
});
test(
  'on the command line: names of k3OS',
  line,
  'k3os.server_url=https://a:6443 k3os.mode=install',
  [
    /^c:1:1: k3os\.server_url: is a name of k3OS; write bos\.server_url instead$/,
    /^c:1:32: k3os\.mode: is a name of k3OS; write bos\.mode instead$/,
  ],
  {},
);
test(
  'on the command line: spellings',
  line,
  'bos.serverUrl=https://a:6443 bos.ntpServers=a',
  [
    /^c:1:1: bos\.serverUrl: is not a key; write bos\.server_url$/,
    /^c:1:30: note: bos\.ntpServers: is taken for bos\.ntp_servers/,
  ],
  { 'bos.ntp_servers': ['a'] },
);
test(
  'on the command line: a faulty argument voids them all',
  line,
  'bos.dcp_args=x bos.dcp_args=--y',
  [/^c:1:16: bos\.dcp_args: expected server, agent or an option/],
  {},
);
test(
  'on the command line: an unknown field',
  line,
  'write_files.path=/a write_files.mode=0600 write_files.path=/b',
  [/^c:1:21: write_files\.mode: is not a field, so nothing of this entry is used; write permissions$/],
  { write_files: [{ path: '/b' }] },
);
