/** The policy of trying again: what, how often, after which waits. */
import test from 'ava';
import { OpsError, refused } from '../../src/errors.ts';
import { Attempts, isPassing, PassingFault, retrying, statusRefusal } from '../../src/host/retry.ts';
import { fakeHost } from '../fakes/host.ts';

const busy = new PassingFault('url-status', 'it is busy', { hint: 'Look.' });
const unreachable = (code: string) =>
  refused('url-unreachable', 'no', { cause: Object.assign(new Error(code), { code }) });

/** A clock whose pauses are written down. */
function counting() {
  const { clock } = fakeHost();
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
    await clock.sleep(ms);
  };
  return { clock: { ...clock, sleep }, waits };
}

test('waits grow up to half a minute; then it is given up', async (t) => {
  const { clock, waits } = counting();
  const said: string[] = [];
  const error = await t.throwsAsync(
    retrying({ tries: 8, clock, say: (line) => said.push(line) }, () => Promise.reject(busy)),
    { instanceOf: OpsError },
  );
  t.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  t.like(error, { kind: 'refused', code: 'url-status', message: 'it is busy; gave up after 8 attempts' });
  t.is(error?.hint, 'Look.');
  t.is(error?.cause, busy);
  t.is(said[1], 'it is busy; trying again in 2 s (3 of 8)');
});

test('one try is one, and what is given back is what was thrown', async (t) => {
  const { clock, waits } = counting();
  t.is(await t.throwsAsync(retrying({ tries: 1, clock }, () => Promise.reject(busy))), busy);
  t.deepEqual(waits, []);
});

test('what brings something along has all attempts again', async (t) => {
  const { clock, waits } = counting();
  const attempts = new Attempts({ tries: 3, clock });
  for (let round = 0; round < 5; round += 1) {
    await attempts.failed(busy);
    await attempts.failed(busy);
    attempts.progressed();
  }
  t.deepEqual(waits.slice(0, 4), [1_000, 2_000, 1_000, 2_000]);
});

test('a server that is found to be away only after long is not looked for again and again', async (t) => {
  const { clock } = counting();
  let asked = 0;
  const slow = (code: string, alive = false) =>
    retrying({ tries: 8, clock }, async (tellAlive) => {
      asked += 1;
      await clock.sleep(25_000);
      if (alive) tellAlive();
      throw unreachable(code);
    });
  await t.throwsAsync(slow('EAI_AGAIN'), { message: /gave up after 3 attempts/ });
  t.is(asked, 3);
  // A long transfer that was cut, and one in which the server was there until a moment ago, is something else.
  asked = 0;
  await t.throwsAsync(slow('ECONNRESET'), { message: /gave up after 8 attempts/ });
  await t.throwsAsync(slow('EHOSTUNREACH', true), { message: /gave up after 8 attempts/ });
  t.is(asked, 16);
});

test('who stops waits no longer', async (t) => {
  const { clock } = counting();
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  const stopped = retrying({ tries: 8, clock, signal: stop.signal }, () => Promise.reject(busy));
  await t.throwsAsync(stopped, { message: 'enough' });
});

test('what may be gone next time', (t) => {
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ECONNRESET', 'EPIPE'])
    t.true(isPassing(unreachable(code)), code);
  for (const code of [
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_INVALID_URL',
    'EPROTO',
    'ENOENT',
  ])
    t.false(isPassing(unreachable(code)), code);
  for (const status of [408, 425, 429, 500, 502, 503, 504])
    t.true(isPassing(statusRefusal('http://x/', { status, headers: {} })), `${status}`);
  for (const status of [301, 400, 401, 403, 404, 410, 501, 505])
    t.false(isPassing(statusRefusal('http://x/', { status, headers: {} })), `${status}`);
  for (const error of [
    refused('url-redirects', 'no'),
    refused('url-timeout', 'no'),
    new Error('no'),
    undefined,
  ])
    t.false(isPassing(error));
});

test('a server that says how long to leave it alone is left alone that long, within reason', async (t) => {
  const waits = async (headers: Record<string, string>) => {
    const { clock, waits } = counting();
    let asked = 0;
    await retrying({ tries: 2, clock }, async () => {
      asked += 1;
      if (asked === 1) throw statusRefusal('http://x/', { status: 429, headers });
    });
    return waits;
  };
  t.deepEqual(await waits({ 'retry-after': '7' }), [7_000]);
  // Never sooner than without it; a day is more than anybody waits.
  t.deepEqual(await waits({ 'retry-after': '0' }), [1_000]);
  t.deepEqual(await waits({ 'retry-after': '86400' }), [120_000]);
  // A date is one of the server's clock, whatever ours says.
  const dates = { date: 'Sat, 01 Nov 2025 10:00:00 GMT', 'retry-after': 'Sat, 01 Nov 2025 10:00:09 GMT' };
  t.deepEqual(await waits(dates), [9_000]);
  t.deepEqual(await waits({ 'retry-after': 'soon' }), [1_000]);
});
