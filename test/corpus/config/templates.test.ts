/** Templates that nobody has filled in: Ansible, Terraform, ERB, Helm. In commands and files they may be meant. */
import test from 'ava';
import { parseCommandLine } from '../../../src/config/command-line/command-line.ts';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { run } from './says.ts';

const met = 'a template given to the machine as it is';
const unfilled = (place: string, name: string) =>
  new RegExp(`^${place}: ${name}: is a template \\(.*….*\\) that is not filled in; fill it in first$`);

run([
  { met, text: 'bos:\n  password: {{ password }}\n', says: [unfilled('2:13', 'bos.password')] },
  { met, text: 'bos:\n  password: "{{ password }}"\n', says: [unfilled('2:13', 'bos.password')] },
  { met, text: 'hostname: node-{{ index }}\n', says: [unfilled('1:11', 'hostname')] },
  { met, text: 'ssh_authorized_keys: {{ keys }}\n', says: [unfilled('1:22', 'ssh_authorized_keys')] },
  {
    met,
    text: 'ssh_authorized_keys: ["<%= key %>"]\n',
    says: [/is a template \(<% … %>\)/],
    gives: { ssh_authorized_keys: [] },
  },
  {
    met,
    text: 'bos: {token: "${token}", wifi: [{name: a, passphrase: "${psk}"}]}\n',
    says: [unfilled('1:14', 'bos.token'), unfilled('1:55', 'bos.wifi\\[0\\].passphrase')],
    gives: { 'bos.wifi': [] },
  },
  { met, text: 'bos: {{ toYaml .Values.bos }}\n', says: [unfilled('1:6', 'bos')] },
  {
    met,
    text: 'bos:\n  token: {{ token }}-x\n',
    says: [/^2:10: holds a template \(\{\{ … \}\}\) that is not filled in/],
  },
  {
    met,
    text: '{% if server %}\nhostname: a\n{% endif %}\n',
    says: [/^1:1: holds a template \(\{% … %\}\) that is not/],
  },
  {
    met: 'what is no template, or one for later',
    text: 'run_cmd: ["docker ps --format {{.Names}}", "echo ${HOME}"]\nwrite_files: [{path: /a, content: "{{ x }}"}]\nbos: {environment: {A: "${B}"}, password: "a$b{{"}\n',
    says: [],
    gives: {
      run_cmd: ['docker ps --format {{.Names}}', 'echo ${HOME}'],
      write_files: [{ path: '/a', content: '{{ x }}' }],
      'bos.environment': { A: '${B}' },
      'bos.password': 'a$b{{',
    },
  },
]);

test('on the command line', (t) => {
  const { diagnostics } = parseCommandLine('bos.token={{token}} run_cmd={{x}} bos.server_url=${url}', 'c');
  t.deepEqual(diagnostics.map(formatDiagnostic), [
    'c:1:1: bos.token: is a template ({{ … }}) that is not filled in; fill it in first',
    'c:1:35: bos.server_url: is a template (${…}) that is not filled in; fill it in first',
  ]);
});
