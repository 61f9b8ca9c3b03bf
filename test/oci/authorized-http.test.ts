/** Who is let in: Basic, tokens for a password and for an identity token; and what secrets are not told. */
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../src/errors.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { authorizedHttp } from '../../src/oci/authorized-http.ts';
import type { Credentials } from '../../src/oci/credentials.ts';
import { type FakeRegistry, type Misbehaviour, serveRegistry, sha256 } from '../fakes/registry.ts';

const real = linuxHost();
const blob = Buffer.from('a blob');
const me: Credentials = { username: 'me', password: 'hush' };
const login = { user: 'me', password: 'hush' };

async function registry(t: ExecutionContext, how: Misbehaviour): Promise<FakeRegistry> {
  const serving = await serveRegistry(how);
  t.teardown(serving.close);
  serving.blobs.set(sha256(blob), blob);
  return serving;
}

const access = (name: string, credentials: Credentials | undefined, base = `http://${name}`) =>
  authorizedHttp(real.http, real.clock, {
    ...{ base, registry: name, scope: 'repository:bos:pull' },
    credentials: async () => credentials,
  });

const urlOf = (name: string) => `http://${name}/v2/bos/blobs/${sha256(blob)}`;

for (const by of ['basic', 'token'] as const) {
  test(`${by}: asked for once, then kept`, async (t) => {
    const { name, asked } = await registry(t, { login: { ...login, by } });
    const http = access(name, me);
    for (let round = 0; round < 3; round += 1) {
      const answer = await http.open(urlOf(name));
      t.is(answer.status, 200);
      answer.close();
    }
    t.is(asked.length, by === 'basic' ? 4 : 5);
    if (by === 'token') t.is(asked[1], 'GET /token?service=fake&scope=repository%3Abos%3Apull&account=me');
  });

  test(`${by}: a wrong password is not tried for ever`, async (t) => {
    const { name, asked } = await registry(t, { login: { ...login, by } });
    const answer = access(name, { username: 'me', password: 'wrong' }).open(urlOf(name));
    if (by === 'basic') t.is((await answer).status, 401);
    else t.is((await t.throwsAsync(answer, { instanceOf: OpsError }))?.code, 'registry-denied');
    t.is(asked.length, 2);
  });
}

test('an identity token is exchanged, in the body of a POST', async (t) => {
  const { name, asked, authorizations } = await registry(t, { login: { ...login, by: 'token' } });
  const answer = await access(name, { identityToken: 'hush' }).open(urlOf(name));
  t.is(answer.status, 200);
  t.is(asked[1], 'POST /token');
  t.false(authorizations.some((line) => line.includes('hush')));
});

test('a token that is no longer good is replaced; what was sent with it is sent again by who sends it', async (t) => {
  const serving = await registry(t, { login: { ...login, by: 'token' } });
  const http = access(serving.name, me);
  const start = await http.open(`http://${serving.name}/v2/bos/blobs/uploads/`, { method: 'POST' });
  t.is(start.status, 202);
  // From now on only tokens that are given later are good.
  let refusedOnce = false;
  serving.behave({
    login: { ...login, by: 'token' },
    first: (line, _, response) => {
      if (refusedOnce || !line.startsWith('PATCH')) return false;
      refusedOnce = true;
      const realm = `http://${serving.name}/token`;
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end();
      return true;
    },
  });
  const url = `http://${serving.name}${start.headers.location}`;
  const patch = () =>
    http.open(url, {
      method: 'PATCH',
      body: {
        size: blob.length,
        pieces: (async function* () {
          yield blob;
        })(),
      },
    });
  t.is((await t.throwsAsync(patch(), { instanceOf: OpsError }))?.code, 'registry-token');
  t.is((await patch()).status, 202);
});

test('secrets go to the registry alone, and not to a server of tokens without encryption', async (t) => {
  const other = await registry(t, {});
  const { name } = await registry(t, { login: { ...login, by: 'basic' } });
  const http = access(name, me);
  (await http.open(urlOf(name))).close();
  (await http.open(urlOf(other.name))).close();
  t.deepEqual(other.authorizations, []);
  const encrypted = authorizedHttp(
    {
      ...real.http,
      open: async () => ({
        status: 401,
        headers: { 'www-authenticate': `Bearer realm="http://${other.name}/token"` },
        body: (async function* () {})(),
        close: () => {},
      }),
    },
    real.clock,
    { base: 'https://r.example', registry: 'r.example', scope: 'x', credentials: async () => me },
  );
  const error = await t.throwsAsync(encrypted.open('https://r.example/v2/'), { instanceOf: OpsError });
  t.is(error?.code, 'registry-auth');
  t.false(other.asked.some((line) => line.includes('/token')));
});
