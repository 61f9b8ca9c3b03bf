/** A server that cannot be reached yet: asked again, and a person is told. */
import test from 'ava';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { exitCodeOf, refused } from '../../../src/errors.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { HttpResponse } from '../../../src/host/ports.ts';
import { installedConfig } from '../../../src/install/check/fetch-config.ts';
import { install } from '../../../src/install/run.ts';
import { fakeHost } from '../../fakes/host.ts';
import { facts, liveHost, request } from '../fixtures.ts';

const url = 'http://server/config.yaml?token=abc';
const answer: HttpResponse = { status: 200, headers: {}, body: Buffer.from('hostname: one\n') };
const unreachable = (code: string) =>
  refused('url-unreachable', `it cannot be fetched: ${code}`, {
    cause: Object.assign(new Error(code), { code }),
  });

/** A server that fails as told, once for each, and then answers. */
function serverOf(...failures: readonly Error[]) {
  const left = [...failures];
  const asked: unknown[] = [];
  const http = async (_url: string, options: unknown) => {
    asked.push(options);
    const failure = left.shift();
    if (failure !== undefined) throw failure;
    return answer;
  };
  return { http, asked };
}

test('it is asked again, with a line for each time, and the answer counts', async (t) => {
  const { http, asked } = serverOf(unreachable('ECONNREFUSED'), unreachable('EAI_AGAIN'));
  const host = fakeHost({ http });
  const start = host.clock.monotonic();
  const lines: string[] = [];
  const { config } = await installedConfig(host, url, {}, { say: (line) => lines.push(line) });
  t.is(config.hostname, 'one');
  t.deepEqual(lines, [
    'config_url: it cannot be fetched: ECONNREFUSED; trying again in 1 s (2 of 6)',
    'config_url: it cannot be fetched: EAI_AGAIN; trying again in 2 s (3 of 6)',
  ]);
  t.is(host.clock.monotonic() - start, 3_000);
  t.is(asked.length, 3);
  t.like(asked[0], { retries: 0 }, 'nobody else tries again, silently');
});

test('after six times in half a minute it is refused', async (t) => {
  const { http, asked } = serverOf(...Array.from({ length: 9 }, () => unreachable('ENOTFOUND')));
  const host = fakeHost({ http });
  const start = host.clock.monotonic();
  const error = await t.throwsAsync(installedConfig(host, url, {}), { code: 'url-unreachable' });
  t.is(exitCodeOf(error), 3);
  t.is(asked.length, 6);
  t.is(host.clock.monotonic() - start, 31_000);
});

test('a name server that is silent does not make it minutes', async (t) => {
  const host = fakeHost();
  const slow = async () => {
    await host.clock.sleep(25_000);
    throw unreachable('EAI_AGAIN');
  };
  const start = host.clock.monotonic();
  await t.throwsAsync(installedConfig({ ...host, http: { ...host.http, get: slow } }, url, {}));
  t.true(host.clock.monotonic() - start < 90_000);
});

const once = test.macro({
  exec: async (t, failure: Error & { code?: string }) => {
    const { http, asked } = serverOf(failure);
    await t.throwsAsync(installedConfig(fakeHost({ http }), url, {}), { is: failure });
    t.is(asked.length, 1);
  },
  title: (name = '') => `not asked again: ${name}`,
});
test('a server that says no', once, refused('url-status', 'answered with HTTP status 404'));
test('a server that was silent', once, refused('url-timeout', 'did not answer within 20 s'));
test('a certificate that is not trusted', once, unreachable('CERT_HAS_EXPIRED'));

test('Ctrl-C ends the waiting', async (t) => {
  const controller = new AbortController();
  const real = linuxHost();
  const host = { ...fakeHost({ http: serverOf(unreachable('ECONNREFUSED')).http }), clock: real.clock };
  const fetched = installedConfig(
    host,
    url,
    {},
    { signal: controller.signal, say: () => controller.abort() },
  );
  await t.throwsAsync(fetched, { name: 'AbortError' });
});

test('a real port that nobody listens on', async (t) => {
  const real = linuxHost();
  const port = await real.sockets.freePort();
  const lines: string[] = [];
  const { clock } = fakeHost();
  const refusing = installedConfig(
    { ...real, clock },
    `http://127.0.0.1:${port}/c.yaml`,
    {},
    {
      say: (line) => lines.push(line),
    },
  );
  await t.throwsAsync(refusing, { code: 'url-unreachable' });
  t.is(lines.length, 5);
  t.regex(
    lines[0] ?? '',
    /^config_url: http:\/\/127\.0\.0\.1:\d+\/c\.yaml cannot be fetched: .*ECONNREFUSED/,
  );
});

test('an installation tells it', async (t) => {
  const { http } = serverOf(unreachable('ECONNREFUSED'));
  const lines: string[] = [];
  await install(liveHost({ http }), request({ configUrl: url, dryRun: true }), facts(), {
    emit: () => {},
    say: (line) => lines.push(line),
  });
  t.regex(lines.join(), /trying again in 1 s \(2 of 6\)$/);
});

test('what is carried counts below the file and below what was given, key by key', async (t) => {
  const text = 'hostname: mine # and stays\n';
  const host = fakeHost({ files: { '/c.yaml': text } });
  const below = {
    hostname: 'old',
    ssh_authorized_keys: ['github:old'],
    'bos.dns_nameservers': ['192.0.2.1'],
  };
  const given = { 'bos.dns_nameservers': ['192.0.2.9'] };
  const { config, fromBelow, bytes } = await installedConfig(host, '/c.yaml', given, { below });
  t.deepEqual(config, {
    ...{ hostname: 'mine', ssh_authorized_keys: ['github:old'] },
    'bos.dns_nameservers': ['192.0.2.9'],
  });
  t.deepEqual(fromBelow, ['ssh_authorized_keys']);
  t.deepEqual(parseConfigYaml(bytes, 'f').layer.entries.get('ssh_authorized_keys')?.value, ['github:old']);
  // Without anything that counts the file stays as it is.
  const alone = await installedConfig(host, '/c.yaml', {}, { below: { hostname: 'old' } });
  t.is(Buffer.from(alone.bytes).toString(), text);
});
