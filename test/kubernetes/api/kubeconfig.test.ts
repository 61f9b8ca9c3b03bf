/** Kubeconfig files: what is taken from where, and what is refused. */
import test from 'ava';
import { stringify } from 'yaml';
import { accessOfKubeconfig } from '../../../src/kubernetes/api/kubeconfig.ts';
import { fakeHost } from '../../fakes/host.ts';

const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** As DCP writes it for its kubelet. */
const config = (cluster: object = {}, user: object = {}, more: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'Default' },
  clusters: [
    {
      name: 'local',
      cluster: { server: 'https://127.0.0.1:6444', 'certificate-authority': '/d/ca.crt', ...cluster },
    },
  ],
  contexts: [{ name: 'Default', context: { cluster: 'local', namespace: 'default', user: 'user' } }],
  users: [{ name: 'user', user: { 'client-certificate': 'k.crt', 'client-key': '/d/k.key', ...user } }],
  ...more,
});

const files = { '/d/ca.crt': pem('ca'), '/d/k.crt': pem('cert'), '/d/k.key': pem('key') };
const read = (value: unknown, others: Record<string, string> = {}) => {
  const text = typeof value === 'string' ? value : stringify(value);
  return accessOfKubeconfig(
    fakeHost({ files: { ...files, ...others, '/d/config': text } }).files,
    '/d/config',
  );
};

test('certificates of files; a relative path begins at the kubeconfig', async (t) => {
  const { server, settings, token, namespace } = await read(config());
  t.deepEqual([server, token, namespace], ['https://127.0.0.1:6444', undefined, 'default']);
  t.deepEqual(settings, { proxyEnv: {}, onlyCa: pem('ca'), client: { cert: pem('cert'), key: pem('key') } });
});

test('what stands in the kubeconfig itself wins', async (t) => {
  const { settings } = await read(
    config(
      { 'certificate-authority-data': base64(pem('other')), 'proxy-url': 'http://p:1' },
      { 'client-certificate-data': base64(pem('c')), 'client-key-data': base64(pem('k')) },
    ),
  );
  t.deepEqual(settings, {
    proxyEnv: { https_proxy: 'http://p:1' },
    onlyCa: pem('other'),
    client: { cert: pem('c'), key: pem('k') },
  });
});

test('tokens: a file is read each time, and wins', async (t) => {
  const user = { 'client-certificate': undefined, 'client-key': undefined };
  t.is(await (await read(config({}, { ...user, token: 'abc' }))).token?.(), 'abc');
  const host = fakeHost({
    files: {
      ...files,
      '/d/t': 'first\n',
      '/d/config': stringify(config({}, { ...user, token: 'abc', tokenFile: 't' })),
    },
  });
  const { token } = await accessOfKubeconfig(host.files, '/d/config');
  t.is(await token?.(), 'first');
  await host.files.write('/d/t', 'second\n');
  t.is(await token?.(), 'second');
});

const refusals: Readonly<Record<string, readonly [unknown, RegExp]>> = {
  'not YAML': ['{', /is not YAML/],
  'no contexts': [{}, /names no current context|has no context|current context/],
  'an unknown context': [config({}, {}, { 'current-context': 'x' }), /has no context "x"/],
  'an unknown user': [config({}, {}, { users: [] }), /has no user "user"/],
  http: [config({ server: 'http://127.0.0.1:6444' }), /must have an https URL/],
  'trust in anybody': [config({ 'insecure-skip-tls-verify': true }), /would trust any server/],
  'a program': [config({}, { exec: { command: 'x' } }), /exec is not supported/],
  'a certificate without its key': [config({}, { 'client-key': undefined }), /needs its key/],
  nobody: [
    config({}, { 'client-certificate': undefined, 'client-key': undefined }),
    /neither a certificate nor a token/,
  ],
  'no PEM': [config({ 'certificate-authority-data': base64('x') }), /certificate-authority is not PEM/],
};
for (const [name, [value, message]] of Object.entries(refusals))
  test(`refused: ${name}`, async (t) => {
    await t.throwsAsync(read(value), { code: 'kubeconfig-invalid', message });
  });

test('a file that is missing is named', async (t) => {
  await t.throwsAsync(read(config({ 'certificate-authority': '/d/gone' })), {
    code: 'credentials-unreadable',
    message: /\/d\/gone/,
  });
});
