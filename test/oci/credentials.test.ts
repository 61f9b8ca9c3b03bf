/** Who we are to a registry: docker's configuration, and the helpers that it names. */
import test from 'ava';
import { OpsError } from '../../src/errors.ts';
import { type Credentials, credentialsFor } from '../../src/oci/credentials.ts';
import { fakeHost, type Tool } from '../fakes/host.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

function machine(config: unknown, tools: Readonly<Record<string, Tool>> = {}) {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  const host = fakeHost({ files: { '/home/me/.docker/config.json': text }, tools });
  return { ...host, system: { ...host.system, env: { HOME: '/home/me' } } };
}

test('what docker login leaves', async (t) => {
  const me = { username: 'me', password: 'a:b' };
  const rows: readonly [unknown, string, Credentials | undefined][] = [
    [{ auths: { 'r.example': { auth: base64('me:a:b') } } }, 'r.example', me],
    [{ auths: { 'https://r.example/v2/': { auth: base64('me:a:b') } } }, 'r.example', me],
    [{ auths: { 'r.example': { username: 'me', password: 'a:b' } } }, 'r.example', me],
    [{ auths: { 'r.example': { auth: base64('me:a:b') } } }, 'r.example:5000', undefined],
    [{ auths: { 'r.example:5000': { auth: base64('me:a:b') } } }, 'r.example:5000', me],
    [{ auths: { 'https://index.docker.io/v1/': { auth: base64('me:a:b') } } }, 'docker.io', me],
    [
      { auths: { 'r.example': { auth: base64('me:x'), identitytoken: 'T' } } },
      'r.example',
      { identityToken: 'T' },
    ],
    [{ auths: { 'r.example': {} } }, 'r.example', undefined],
    [{}, 'r.example', undefined],
  ];
  for (const [config, registry, expected] of rows)
    t.deepEqual(await credentialsFor(machine(config), registry), expected, JSON.stringify(config));
});

test('DOCKER_CONFIG is another folder; without a configuration nobody is logged in', async (t) => {
  const host = fakeHost({
    files: { '/etc/login/config.json': JSON.stringify({ auths: { 'r.example': { auth: base64('me:x') } } }) },
  });
  const withEnv = (env: Record<string, string>) => ({ ...host, system: { ...host.system, env } });
  const me = { username: 'me', password: 'x' };
  t.deepEqual(await credentialsFor(withEnv({ DOCKER_CONFIG: '/etc/login', HOME: '/' }), 'r.example'), me);
  t.is(await credentialsFor(withEnv({ HOME: '/home/nobody' }), 'r.example'), undefined);
  t.is(await credentialsFor(withEnv({}), 'r.example'), undefined);
});

test('helpers are asked for the registry on their standard input', async (t) => {
  const answers: Record<string, string> = {
    'r.example': '{"Username":"me","Secret":"x"}',
    's.example': '{"Username":"<token>","Secret":"T"}',
  };
  const helper: Tool = (args, { input }) => {
    t.deepEqual(args, ['get']);
    const stdout = answers[String(input)];
    return stdout === undefined ? { exitCode: 1, stdout: 'credentials not found' } : { stdout };
  };
  const one = machine(
    { credHelpers: { 'r.example': 'pass' }, auths: {} },
    { 'docker-credential-pass': helper },
  );
  t.deepEqual(await credentialsFor(one, 'r.example'), { username: 'me', password: 'x' });
  t.is(await credentialsFor(one, 't.example'), undefined);
  const store = machine(
    { credsStore: 'pass', auths: { 's.example': {} } },
    { 'docker-credential-pass': helper },
  );
  t.deepEqual(await credentialsFor(store, 's.example'), { identityToken: 'T' });
  t.is(await credentialsFor(store, 'u.example'), undefined);
});

test('what cannot be used is said, without what is in it', async (t) => {
  const secret = base64('me:hush').slice(0, 4);
  const rows: readonly [unknown, Readonly<Record<string, Tool>>, string][] = [
    [`{"auths": {"r.example": {"auth": "${secret}`, {}, 'registry-credentials'],
    [{ auths: { 'r.example': { auth: 5 } } }, {}, 'registry-credentials'],
    [{ auths: { 'r.example': { auth: base64('nobody') } } }, {}, 'registry-credentials'],
    [{ credsStore: '../../bin/sh' }, {}, 'registry-credentials'],
    [{ credsStore: 'pass' }, {}, 'tool-missing'],
    [{ credsStore: 'pass' }, { 'docker-credential-pass': () => 'hush' }, 'registry-credentials'],
    [{ credsStore: 'pass' }, { 'docker-credential-pass': () => '{"Secret":"hush"}' }, 'registry-credentials'],
  ];
  for (const [config, tools, code] of rows) {
    const error = await t.throwsAsync(credentialsFor(machine(config, tools), 'r.example'), {
      instanceOf: OpsError,
    });
    t.like(error, { kind: 'refused', code });
    t.notRegex(`${error?.message} ${error?.cause} ${error?.details}`, /hush|bWU6/);
  }
});
