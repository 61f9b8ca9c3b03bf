/** A server that has never answered somebody who waits is given up soon; one that has, and whatever runs unattended, is not. */
import test from 'ava';
import { type OpsError, refused } from '../../src/errors.ts';
import type { Host, HttpStream } from '../../src/host/ports.ts';
import { PassingFault, retrying } from '../../src/host/retry.ts';
import { waitedFor } from '../../src/operation/first-contact.ts';
import { fakeHost } from '../fakes/host.ts';

const answer = { status: 200, headers: {}, body: (async function* () {})(), close: () => {} } as HttpStream;
const fault = (code: string) =>
  refused('url-unreachable', code, { hint: 'Look.', cause: Object.assign(new Error(code), { code }) });

/** What is asked is answered by `how`, whose clock moves by the milliseconds that it takes. */
function world(how: (url: string, times: number) => Error | undefined, takesMs = 0) {
  const asked: string[] = [];
  const waits: number[] = [];
  const { clock, ...rest } = fakeHost({
    open: async (url) => {
      asked.push(url);
      await clock.sleep(takesMs);
      const error = how(url, asked.length);
      if (error !== undefined) throw error;
      return answer;
    },
  });
  const sleep = async (ms: number) => {
    waits.push(ms);
    await clock.sleep(ms);
  };
  return { host: { ...rest, clock: { ...clock, sleep } } as Host, asked, waits };
}

const ask = (host: Host, url: string, said: string[] = []) =>
  retrying({ tries: 8, clock: host.clock, say: (line) => said.push(line) }, () => host.http.open(url));

for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ECONNRESET'])
  test(`${code} before any answer: three times within seconds, and each is said`, async (t) => {
    const { host, asked, waits } = world(() => fault(code));
    const said: string[] = [];
    const error = await t.throwsAsync<OpsError>(ask(waitedFor(host), 'http://a/x', said));
    t.deepEqual(waits, [1_000, 2_000]);
    t.is(asked.length, 3);
    t.deepEqual(said, [`${code}; trying again in 1 s (2 of 3)`, `${code}; trying again in 2 s (3 of 3)`]);
    t.like(error, { kind: 'refused', code: 'url-unreachable', hint: 'Look.' });
    t.is(error?.message, `${code}; gave up after 3 attempts`);
  });

test('who runs unattended asks as often as before', async (t) => {
  const { host, asked } = world(() => fault('ECONNREFUSED'));
  await t.throwsAsync(ask(host, 'http://a/x'), { message: /gave up after 8 attempts/ });
  t.is(asked.length, 8);
});

test('a server that has answered once is waited for when it is lost', async (t) => {
  const { host, asked } = world((_, times) => (times === 1 ? undefined : fault('ECONNREFUSED')));
  const waiting = waitedFor(host);
  await ask(waiting, 'http://a/x');
  await t.throwsAsync(ask(waiting, 'http://a/y'), { message: /gave up after 8 attempts/ });
  t.is(asked.length, 9);
  // Other settings of the same network change nothing of that.
  await t.throwsAsync(ask({ ...waiting, http: waiting.http.using({ proxyEnv: {} }) }, 'http://a/z'), {
    message: /8 attempts/,
  });
});

test('that one server has answered says nothing of another', async (t) => {
  const { host } = world((url) => (url.startsWith('http://b/') ? fault('ECONNREFUSED') : undefined));
  const waiting = waitedFor(host);
  await ask(waiting, 'http://a/x');
  await t.throwsAsync(ask(waiting, 'http://b/x'), { message: /3 attempts/ });
  await t.throwsAsync(ask(waiting, 'http://b/y'), { message: /3 attempts/ });
});

test('a server that is silent half a minute is asked once', async (t) => {
  const { host, asked } = world(() => new PassingFault('url-timeout', 'silent'), 30_000);
  await t.throwsAsync(ask(waitedFor(host), 'http://a/x'), { message: 'silent' });
  t.is(asked.length, 1);
});

test('what does not pass is thrown as it is', async (t) => {
  const error = fault('CERT_HAS_EXPIRED');
  const { host } = world(() => error);
  t.is(await t.throwsAsync(ask(waitedFor(host), 'https://a/x')), error);
});
