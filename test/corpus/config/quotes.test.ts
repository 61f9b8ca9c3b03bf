/** Quotes that are missing, and quotes that hold what YAML and libyaml read differently. */
import test from 'ava';
import { parseCommandLine } from '../../../src/config/command-line/command-line.ts';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { merge } from '../../../src/config/sources/merge.ts';
import { checked, run } from './says.ts';

const met = 'questions of people whose file "does not work"';
const open = (place: string, quote = '"') =>
  new RegExp(`^${place}: opens a quote that is not closed; write ${quote} at the end of the text$`);

run([
  { met, text: 'hostname: "a\nbos:\n  token: x\n', says: [open('1:11')] },
  { met, text: "bos:\n  password: 'a\n  token: x\nhostname: b\n", says: [open('2:13', "'")] },
  { met, text: 'run_cmd: ["ls, df]\nhostname: "b"\n', says: [open('1:11')] },
  { met, text: 'bos:\n  password: "a\n  token: "x"\n', says: [open('2:13')] },
  {
    met: `${met}: valid, and a key is lost`,
    text: 'bos:\n  password: "a\n  token: b"\n',
    says: [open('2:13')],
  },
  {
    met: `${met}: valid, and keys are lost`,
    text: 'hostname: "a\nbos:\n  token: b"\n',
    says: [open('1:11')],
  },
  {
    met: 'a quote inside of quotes',
    text: "run_cmd:\n- 'echo it's'\n",
    says: [/^2:3: ends at its second quote, but text follows; write all of it in '…', each ' in it twice$/],
  },
  {
    met: 'a command that begins with a test',
    text: 'run_cmd:\n- [ -e /x ] || touch /x\nhostname: a\n',
    says: [/^2:3: begins with \[, which makes a list of it; write it in quotes$/],
  },
  {
    met: 'a command that begins with a test',
    text: 'run_cmd:\n- ls\n- [ -f /etc/x ] && ls\n',
    says: [/^3:3: begins with \[, which makes a list of it; write it in quotes$/],
  },
  {
    met: 'a command that begins with a word in quotes',
    text: 'run_cmd:\n- "a b" c\n',
    says: [/^2:3: ends at its second quote, but text follows/],
  },
  {
    met,
    text: 'bos:\n  modules: [kvm\nhostname: a\n',
    says: [/^2:12: opens \[, which is not closed; write \] at its end$/],
  },
  {
    met,
    text: 'hostname: a: b\n',
    says: [/^1:11: holds a colon with a blank behind it; write the value in quotes$/],
  },
  {
    met,
    text: 'run_cmd:\n- echo foo: bar\n- [ls, [a: b]]\n- [ls, -l]\nbos:\n  modules:\n  - kvm: x\n',
    says: [
      /^2:3: run_cmd\[0\]: expected a string, found a map; write it in quotes$/,
      /^3:8: run_cmd\[1\]\[1\]: expected a string, found a list; write it in quotes$/,
      /^7:5: bos\.modules\[0\]: expected a string, found a map; write it in quotes$/,
    ],
    gives: { run_cmd: ['ls -l'], 'bos.modules': [] },
  },
]);

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFHtaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa me';
const terraform = 'a file with its line break, put between quotes by a template';
run([
  {
    met: terraform,
    text: `ssh_authorized_keys:\n- "${key}\n"\nhostname: a\n`,
    says: [],
    gives: { ssh_authorized_keys: [`${key} `], hostname: 'a' },
  },
  {
    met: terraform,
    text: `"ssh_authorized_keys":\n  - "${key}\n"\n"bos":\n  "token": "x\n"\n`,
    says: [],
    gives: { ssh_authorized_keys: [`${key} `], 'bos.token': 'x ' },
  },
  {
    met: terraform,
    text: 'write_files:\n  - path: "/a"\n    content: "one\n\ntwo\n"\n    owner: \'root\n\'\n',
    says: [/owner/],
    gives: { write_files: [] },
  },
  {
    met: terraform,
    text: 'bos: {labels: {a: "b\n"}, environment: {A: "one\n\n\ntwo"}}\nrun_cmd:\n  - "echo a\n"\n',
    says: [/labels\[a\]: expected a Kubernetes label/, /environment\[A\]: .* has a line end/],
    gives: { 'bos.labels': {}, 'bos.environment': {}, run_cmd: ['echo a '] },
  },
]);

const boot = 'a line of a boot menu, written by hand';
const line = test.macro((t, text: string, said: readonly RegExp[], config: object) => {
  const { layer, diagnostics } = parseCommandLine(text, 'c');
  const lines = diagnostics.map(formatDiagnostic);
  t.is(lines.length, said.length, lines.join('\n'));
  for (const [index, pattern] of said.entries()) t.regex(lines[index] ?? '', pattern);
  t.deepEqual(merge([layer]).config, config as never);
});
for (const [text, said, config] of [
  [
    'hostname=a bos.password="abc bos.token=y',
    [
      /^c:1:25: bos\.password: opens a quote that is not closed, so bos\.token belongs to it, too; write " at the end of/,
    ],
    { hostname: 'a' },
  ],
  ['run_cmd="x bos.token=y', [/^c:1:9: run_cmd: opens a quote .*, so bos\.token belongs to it, too/], {}],
  [
    '"bos.server_url=https://a:6443 bos.token=y',
    [/^c:1:1: bos\.server_url: opens .*, so bos\.token belongs/],
    {},
  ],
  [
    'quiet console="ttyS0 ssh_authorized_keys=github:a',
    [/^c:1:15: console: .*, so ssh_authorized_keys belongs/],
    {},
  ],
  ['bos.token=x"', [/^c:1:12: bos\.token: opens a quote .*, so all that follows belongs to it/], {}],
  ['hostname=a quiet="x', [/^c:1:18: warning: quiet: opens a quote/], { hostname: 'a' }],
  ['quiet="x', [], {}],
  [
    "run_cmd='a b' hostname=c",
    [/^c:1:1: run_cmd: begins with ', which is a letter to the kernel; write double quotes \("\)$/],
    { hostname: 'c' },
  ],
  ["bos.password='hunter2'", [/^c:1:1: bos\.password: begins with '/], {}],
  ["'bos.token=x' hostname=a", [/^c:1:1: …: begins with '/], { hostname: 'a' }],
  ["bos.label[a]='b' x='y'", [/^c:1:1: bos\.label\[a\]: begins with '/], {}],
  [
    'bos.password="abc run_cmd="x y"',
    [
      /^c:1:1: bos\.password: has a quote that only the one behind run_cmd= closes, so run_cmd belongs/,
      /^c:1:31: warning: y…: opens/,
    ],
    {},
  ],
  [
    'bos.password="abc run_cmd="x y" hostname="b c"',
    [/^c:1:1: .* behind run_cmd= /, /^c:1:30: y…: .* behind hostname= /, /^c:1:46: warning: c…: opens/],
    {},
  ],
  ['x="y hostname="z', [/^c:1:1: x: .* behind hostname= closes/], {}],
  ['run_cmd="echo a="b', [], { run_cmd: ['echo a="b'] }],
  [
    'bos.password=“abc def” hostname=c',
    [/^c:1:1: bos\.password: begins with “, which is a letter/],
    { hostname: 'c' },
  ],
  [
    'hostname=«b» bos.token="„x“"',
    [
      /^c:1:1: hostname: begins with «/,
      /^c:1:14: bos\.token: stands in typographic quotes \(„…“\), which are part of the value; write "…"$/,
    ],
    {},
  ],
  [
    'bos.token=" “a b” " run_cmd="«ls»"',
    [
      /^c:1:1: bos\.token: stands in typographic quotes \(“…”\)/,
      /^c:1:21: warning: run_cmd: stands in typographic quotes \(«…»\)/,
    ],
    { run_cmd: ['«ls»'] },
  ],
  ['"bos.label[a]=“b”"', [/^c:1:1: bos\.label\[a\]: stands in typographic quotes \(“…”\)/], {}],
  [
    'bos.token="“a b" hostname=c',
    [/^c:1:1: bos\.token: begins with “, which is part of the value; leave it out$/],
    { hostname: 'c' },
  ],
  // A quotation that is meant as one, as in a file.
  [
    'write_files.path=/etc/motd write_files.content="“hello”" bos.token="“a” b"',
    [],
    { write_files: [{ path: '/etc/motd', content: '“hello”' }], 'bos.token': '“a” b' },
  ],
  ['“bos.token=x” hostname=c', [/^c:1:1: …: begins with “/], { hostname: 'c' }],
  ['run_cmd=‘ls’', [/^c:1:1: warning: run_cmd: begins with ‘/], { run_cmd: ['‘ls’'] }],
  [
    'k3os.mode=install k3os.install.silent=true',
    [/^c:1:1: k3os\.mode: is a name of k3OS; write bos\.mode/, /^c:1:19: .* write bos\.install\.silent/],
    {},
  ],
] as const)
  test(`${boot}: ${text}`, line, text, said, config);

const stands = (place: string, pair: string, severity = '') =>
  new RegExp(
    `^${place}: ${severity}.*: stands in typographic quotes \\(${pair}\\), which are part of the value; write "…"$`,
  );
const copied = 'a file that went through a word processor: the value had the quotes';
run([
  {
    met: copied,
    text: 'bos:\n  password: “hunter2”\n  token: ‘hunter2’\n  server_url: «https://a:6443»\n',
    says: [stands('2:13', '“…”'), stands('3:10', '‘…’'), stands('4:15', '«…»')],
  },
  { met: copied, text: 'hostname: „b“\n', says: [stands('1:11', '„…“')] },
  {
    met: copied,
    text: 'bos:\n  wifi:\n  - {name: a, passphrase: “hunter2hunter2”}\n',
    says: [stands('3:27', '“…”')],
    gives: { 'bos.wifi': [] },
  },
  {
    met: `${copied}; what decides nothing counts`,
    text: 'run_cmd: [“ls”, echo “a”, “a” b]\n',
    says: [stands('1:11', '“…”', 'warning: ')],
    gives: { run_cmd: ['“ls”', 'echo “a”', '“a” b'] },
  },
  {
    met: 'a file whose text is a quotation',
    text: 'write_files: [{path: /etc/motd, content: “hello”}]\n',
    says: [],
    gives: { write_files: [{ path: '/etc/motd', content: '“hello”' }] },
  },
]);
test('a password in the quotes of a word processor is not shown', async (t) => {
  const { said } = await checked('bos: {password: “hunter2”, token: «hunter2»}\n');
  t.is(said.length, 2);
  t.notRegex(said.join(), /hunter2/);
});

test('a fault of a quote says which keys it may have cost', (t) => {
  const { diagnostics } = parseCommandLine('bos.password="abc bos.token=y bos.modules=kvm');
  t.deepEqual(diagnostics[0]?.about, ['bos.password', 'bos.token']);
});
