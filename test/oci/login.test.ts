/** Logging in: tried first, then kept where docker keeps it. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Host } from '../../src/host/ports.ts';
import { credentialsFor } from '../../src/oci/credentials.ts';
import { logIn } from '../../src/oci/login.ts';
import { serveRegistry } from '../fakes/registry.ts';

const real = linuxHost();

async function world(t: ExecutionContext, by: 'basic' | 'token' = 'basic') {
  const home = mkdtempSync(join(tmpdir(), 'bos-login-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  const registry = await serveRegistry({ login: { user: 'me', password: 'hush', by } });
  t.teardown(registry.close);
  const ran: (readonly [string, readonly string[], unknown])[] = [];
  const host: Host = {
    ...real,
    system: { ...real.system, env: { HOME: home } },
    processes: {
      ...real.processes,
      run: async (command, args, options) => {
        ran.push([command, args, options?.input]);
        return { exitCode: 0, stdout: '', stderr: '' };
      },
    },
  };
  const login = { registry: registry.name, username: 'me', password: 'hush', plainHttp: false };
  const config = join(home, '.docker/config.json');
  return { home, registry, host, login, config, ran };
}

for (const by of ['basic', 'token'] as const)
  test(`${by}: kept in docker's configuration, for this user alone`, async (t) => {
    const { host, login, config } = await world(t, by);
    t.deepEqual(await logIn(host, login), { keptIn: config, plain: true });
    t.is(statSync(config).mode & 0o777, 0o600);
    t.is(statSync(dirname(config)).mode & 0o777, 0o700);
    t.deepEqual(await credentialsFor(host, login.registry), { username: 'me', password: 'hush' });
  });

test('what else docker has there stays', async (t) => {
  const { home, host, login, config } = await world(t);
  await real.files.makeDir(join(home, '.docker'));
  const before = { HttpHeaders: { a: 'b' }, auths: { 'r.example': { auth: 'eDp5' } } };
  writeFileSync(config, JSON.stringify(before));
  await logIn(host, login);
  const after = JSON.parse(readFileSync(config, 'utf8'));
  t.deepEqual(after.HttpHeaders, before.HttpHeaders);
  t.deepEqual(Object.keys(after.auths), ['r.example', login.registry]);
});

test('a helper gets it on stdin, and the file nothing', async (t) => {
  const { home, host, login, config, ran } = await world(t);
  await real.files.makeDir(join(home, '.docker'));
  const text = JSON.stringify({ credsStore: 'pass' });
  writeFileSync(config, text);
  t.deepEqual(await logIn(host, login), { keptIn: 'docker-credential-pass', plain: false });
  t.is(readFileSync(config, 'utf8'), text);
  const [[command, args, input] = []] = ran;
  t.is(command, 'docker-credential-pass');
  t.deepEqual(args, ['store']);
  t.deepEqual(JSON.parse(String(input)), { ServerURL: login.registry, Username: 'me', Secret: 'hush' });
});

test('a wrong password: nothing is kept', async (t) => {
  const { host, login, config } = await world(t);
  const error = await t.throwsAsync(logIn(host, { ...login, password: 'wrong' }));
  t.like(error, { kind: 'refused', code: 'registry-denied' });
  t.false(await real.files.exists(config));
});

test('a configuration that cannot be read stays as it is', async (t) => {
  const { home, host, login, config } = await world(t);
  await real.files.makeDir(join(home, '.docker'));
  writeFileSync(config, '{');
  t.like(await t.throwsAsync(logIn(host, login)), { kind: 'refused', code: 'registry-credentials' });
  t.is(readFileSync(config, 'utf8'), '{');
});
