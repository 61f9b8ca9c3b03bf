import test from 'ava';
import fc from 'fast-check';
import type { Config } from '../../../../src/config/config.ts';
import {
  dcpArguments,
  isNodeToken,
  renderDcpDropIn,
  renderDcpEnvironment,
} from '../../../../src/runtime/appliers/dcp/service.ts';
import { anyText } from '../../../any-text.ts';
import { runs } from '../../../properties.ts';
import { readEnvironmentFile, readExecStart } from './systemd-reader.ts';

const boot = {
  mode: 'disk',
  state: '/dev/vda3',
  esp: '/dev/vda2',
  os: '0.1.0',
  dcp: 'v1',
  ephemeral: false,
  kernel: '',
  try: '',
};
const own = ['--node-label=bhojpur.net/mode=disk', '--node-label=bhojpur.net/version=0.1.0'];
const kubeconfig = ['--write-kubeconfig=/etc/bhojpur/dcp/dcp.yaml', '--write-kubeconfig-mode=0640'];
const argumentsOf = (config: Config) => dcpArguments(config, boot).args;

const starts = test.macro((t, config: Config, expected: readonly string[]) => {
  t.deepEqual(argumentsOf(config), [...expected, ...own]);
});
test('nothing given: a single server', starts, {}, ['server', ...kubeconfig]);
test('a server_url: an agent', starts, { 'bos.server_url': 'https://a:6443' }, ['agent']);
test('empty dcp_args are none', starts, { 'bos.dcp_args': [] }, ['server', ...kubeconfig]);
test(
  'dcp_args are uninterpreted, and decide',
  starts,
  { 'bos.server_url': 'https://a:6443', 'bos.dcp_args': ['server', '--cluster-cidr', '10.107.0.0/23', ''] },
  ['server', '--cluster-cidr', '10.107.0.0/23', ''],
);
test('an agent by dcp_args', starts, { 'bos.dcp_args': ['agent', '--node-name=x'] }, [
  'agent',
  '--node-name=x',
]);

test('options alone: a server', starts, { 'bos.dcp_args': ['--disable=traefik'] }, [
  'server',
  '--disable=traefik',
]);
test(
  'options alone, and a server to join: an agent',
  starts,
  { 'bos.server_url': 'https://a:6443', 'bos.dcp_args': ['--flannel-iface=eth0'] },
  ['agent', '--flannel-iface=eth0'],
);

test('labels and taints follow', (t) => {
  const config: Config = {
    'bos.dcp_args': ['agent', '--debug'],
    'bos.labels': { region: 'us-west-1', 'example.com/a': '' },
    'bos.taints': ['key1=value1:NoSchedule', 'key1=value1:NoExecute'],
  };
  t.deepEqual(argumentsOf(config), [
    ...['agent', '--debug', ...own, '--node-label=region=us-west-1', '--node-label=example.com/a='],
    ...['--node-taint=key1=value1:NoSchedule', '--node-taint=key1=value1:NoExecute'],
  ]);
});

test('a version that a label cannot hold is made to fit', (t) => {
  const { args } = dcpArguments({}, { ...boot, os: '0.2.0~rc1+dirty+' });
  t.true(args.includes('--node-label=bhojpur.net/version=0.2.0_rc1_dirty'));
});

test('labels that would keep the node from starting are left out and told', (t) => {
  const bad = {
    ...{ 'a b': 'x', 'Upper.example/x': 'y', 'a/b/c': '', ok: 'é', long: 'x'.repeat(64), end: 'x-', '': 'x' },
  };
  const { args, faults } = dcpArguments({ 'bos.labels': { ...bad, fine: 'yes' } }, boot);
  t.deepEqual(args.slice(3), [...own, '--node-label=fine=yes']);
  t.is(faults.length, Object.keys(bad).length);
  t.regex(faults.join('\n'), /^bos\.labels: "a b=x" is not a Kubernetes label$/m);
});

test('what begins with neither server nor agent is refused, without a word of it', (t) => {
  const error = t.throws(() => argumentsOf({ 'bos.dcp_args': ['token=hidden', 'server'] }));
  t.regex(error?.message ?? '', /^bos\.dcp_args: expected server, agent or an option/);
  t.notRegex(error?.message ?? '', /hidden/);
});

test('more arguments than Linux takes are refused', (t) => {
  t.throws(() => argumentsOf({ 'bos.dcp_args': ['server', 'x'.repeat(131_072)] }), {
    message: /take 13\d{4} bytes; expected at most 131072/,
  });
});

test('any arguments reach DCP as they were given', (t) => {
  const argument = fc.oneof(
    anyText().map((text) => text.replaceAll('\0', '')),
    fc.constantFrom(
      '',
      ';',
      '\\;',
      '$HOME',
      '${HOME}',
      '$$',
      '%h',
      '%%',
      "'",
      '"',
      '\\',
      '\\n',
      'a\nb',
      '#',
      '-',
    ),
    fc.string({ unit: fc.constantFrom('"', '\\', '%', '$', "'", ' ', '\n', '\t', ';', 'n', 'x', '4') }),
  );
  fc.assert(
    fc.property(fc.array(argument), (args) => {
      const text = renderDcpDropIn(args, 'v1.29.4+dcp1');
      t.regex(text, /^\[Service\]\nEnvironment=BOS_DCP=v1\.29\.4\+dcp1\nExecStart=\n/m);
      t.deepEqual(readExecStart(text), ['/usr/bin/dcp', ...args]);
    }),
    { numRuns: runs(200) },
  );
});

test('a NUL byte is in no argument', (t) => {
  t.throws(() => renderDcpDropIn(['a\0b'], ''), { message: /NUL/ });
});

test('a version that is no name is not passed on', (t) => {
  t.notRegex(renderDcpDropIn(['server'], 'a b\nX=1'), /BOS_DCP/);
  t.notRegex(renderDcpDropIn(['server'], ''), /BOS_DCP/);
});

const nodeToken =
  'K1074ec55daebdf54ef48294b0ddf0ce1c3cb64ee7e3d0b9ec79fbc7baf1f7ddac6::node:77689533d0140c7019416603a05275d4';
const environmentOf = (config: Config) => readEnvironmentFile(renderDcpEnvironment(config));

test('a node token is no cluster secret', (t) => {
  t.deepEqual(environmentOf({ 'bos.token': nodeToken, 'bos.server_url': 'https://a:6443' }), {
    ...{ DCP_URL: 'https://a:6443', DCP_TOKEN: nodeToken },
    ...{ K3S_URL: 'https://a:6443', K3S_TOKEN: nodeToken },
  });
});

test('a cluster secret is both', (t) => {
  t.deepEqual(environmentOf({ 'bos.token': 'my $ecret\n' }), {
    ...{ DCP_TOKEN: 'my $ecret', DCP_CLUSTER_SECRET: 'my $ecret' },
    ...{ K3S_TOKEN: 'my $ecret', K3S_CLUSTER_SECRET: 'my $ecret' },
  });
});

test('without keys the environment is empty', (t) => {
  t.deepEqual(environmentOf({}), {});
  t.deepEqual(environmentOf({ 'bos.token': '' }), {});
});

const tokenForm = test.macro((t, token: string, expected: boolean) => {
  t.is(isNodeToken(token), expected);
});
test('token: of a node', tokenForm, nodeToken, true);
test('token: of a server', tokenForm, nodeToken.replace('::node:', '::server:'), true);
test('token: bootstrap', tokenForm, nodeToken.replace(/::.*/, '::abcdef.0123456789abcdef'), true);
test('token: K10 alone is a secret', tokenForm, 'K10mysecret', false);
test('token: a secret', tokenForm, 'myclustersecret', false);
test('token: a hash without credentials', tokenForm, nodeToken.replace(/::.*/, '::'), false);

test('a token of two lines is refused, without a word of it', (t) => {
  const error = t.throws(() => renderDcpEnvironment({ 'bos.token': 'one\ntwo' }));
  t.is(error?.message, 'bos.token: expected one line without control characters');
});

test('any token that is a line arrives as it is, and on no command line', (t) => {
  const token = anyText({ minLength: 1 })
    .map((text) => text.replaceAll(/\p{Cc}/gu, '').trim())
    .filter((text) => text !== '');
  fc.assert(
    fc.property(token, (secret) => {
      t.is(environmentOf({ 'bos.token': secret }).DCP_TOKEN, secret);
      t.deepEqual(argumentsOf({ 'bos.token': secret }), argumentsOf({}));
    }),
    { numRuns: runs(200) },
  );
});
