/** What is asked for over https is taken over https, through every redirect, whichever program fetches. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { keptFolder, temporaryFolder, tool } from '../../formats/support.ts';
import { release, run } from './script.ts';

/** The certificate is a file, its own authority. */
function selfSigned(): { readonly key: Buffer; readonly cert: string } {
  const folder = keptFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  tool('openssl', 'req', '-x509', ...curve, '-keyout', key, '-out', cert, '-days', '2', ...name);
  const made = { key: readFileSync(key), cert };
  rmSync(key);
  return made;
}
let tls: ReturnType<typeof selfSigned> | undefined;

/** Both servers have the release; `/to/PLACE/PATH` leads to PATH there. */
async function servers(t: ExecutionContext) {
  tls ??= selfSigned();
  const { key, cert } = tls;
  const files = release();
  const bases: Record<string, string> = {};
  const asked: string[] = [];
  const places: Record<string, (path: string) => string> = {
    plain: (path) => `${bases.plain}${path}`,
    encrypted: (path) => `${bases.encrypted}${path}`,
    shouting: (path) => `${bases.encrypted}${path}`.replace('https', 'HTTPS'),
    here: (path) => path,
    sibling: (path) => `${bases.encrypted}${path}`.replace('https:', ''),
    ftp: (path) => `ftp://127.0.0.1:1${path}`,
  };
  const listen = async (place: string, server: ReturnType<typeof createServer | typeof createTlsServer>) => {
    server.on('request', (request, response) => {
      asked.push(place);
      const [, to = '', path = ''] = /^\/to\/(\w+)(\/.*)/.exec(request.url ?? '') ?? [];
      const location = to === 'loop' ? request.url : places[to]?.(path);
      if (location !== undefined) return response.writeHead(302, { Location: location }).end();
      const body = files[(request.url ?? '').split('/').at(-1) ?? ''];
      return response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };
  bases.plain = `http://127.0.0.1:${await listen('plain', createServer())}`;
  const encrypted = createTlsServer({ key, cert: readFileSync(cert) });
  bases.encrypted = `https://127.0.0.1:${await listen('encrypted', encrypted)}`;
  const folder = temporaryFolder(t);
  const wgetrc = join(folder, 'wgetrc');
  // Not the hundred authorities of this machine, which take longer to read than everything else here.
  const authorities = join(folder, 'authorities');
  mkdirSync(authorities);
  writeFileSync(wgetrc, `ca_directory = ${authorities}\nca_certificate = ${cert}\n`);
  return { bases, asked, env: { CURL_CA_BUNDLE: cert, WGETRC: wgetrc } };
}

const fetched = test.macro(
  async (t: ExecutionContext, fetcher: string, from: string, path: string, expected: RegExp | 'installs') => {
    const { bases, asked, env } = await servers(t);
    const consent = from === 'plain' ? ['--insecure'] : [];
    const words = [...consent, '/dev/vda', `${bases[from]}${path}/bos-amd64.iso`, '--config', 'x'];
    const ended = await run(t, words, { fetchers: [fetcher], env });
    if (expected === 'installs') {
      t.is(ended.code, 7, ended.err);
      return;
    }
    t.is(ended.code, 3, ended.err);
    t.regex(ended.err.replaceAll(/\s+/g, ' '), expected);
    t.is(ended.out, '', 'nothing was started');
    t.false(asked.includes('plain'), 'nobody was asked in the clear');
    t.deepEqual(ended.left, []);
  },
);

const cannot = /error: sha256sum-amd64\.txt cannot be fetched from beside the ISO/;
for (const fetcher of ['curl', 'wget']) {
  test(`${fetcher}: https`, fetched, fetcher, 'encrypted', '/v1', 'installs');
  test(`${fetcher}: http, as it was asked for`, fetched, fetcher, 'plain', '/v1', 'installs');
  test(`${fetcher}: http that leads to https`, fetched, fetcher, 'plain', '/to/encrypted/v1', 'installs');
  for (const place of ['encrypted', 'shouting', 'here', 'sibling', 'encrypted/to/here/to/sibling'])
    test(`${fetcher}: https, then ${place}`, fetched, fetcher, 'encrypted', `/to/${place}/v1`, 'installs');
  for (const place of ['plain', 'encrypted/to/plain', 'here/to/plain/to/encrypted', 'ftp', 'loop'])
    test(`${fetcher}: https, then ${place}`, fetched, fetcher, 'encrypted', `/to/${place}/v1`, cannot);
}

test('a certificate that nobody knows', async (t) => {
  const { bases, env } = await servers(t);
  for (const fetcher of ['curl', 'wget']) {
    const unknown = { ...env, CURL_CA_BUNDLE: '/dev/null', WGETRC: '/dev/null' };
    const ended = await run(t, ['/dev/vda', `${bases.encrypted}/v1/a.iso`], {
      fetchers: [fetcher],
      env: unknown,
    });
    t.is(ended.code, 3, fetcher);
    t.regex(ended.err, cannot);
  }
});

test('the wget of busybox does not check who answers: http only', async (t) => {
  const { bases, asked, env } = await servers(t);
  const commands = { wget: 'exec /bin/busybox wget "$@"' };
  const ended = await run(t, ['/dev/vda', `${bases.encrypted}/v1/bos.iso`], { fetchers: [], commands, env });
  t.is(ended.code, 3);
  t.regex(ended.err, /wget of busybox does not check who answers/);
  t.deepEqual(asked, []);
});
