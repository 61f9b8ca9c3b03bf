/** Where a version of a channel lies, and fetching no faster than is allowed. */
import test, { type ExecutionContext } from 'ava';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { releaseIn } from '../../../src/upgrade/source/channel.ts';
import { limited } from '../../../src/upgrade/source/limit-rate.ts';
import { fakeHost } from '../../fakes/host.ts';
import { serveRanges } from '../../fakes/range-server.ts';

const host = linuxHost();
const channel = 'https://releases.example/stable';
const manifest = 'bos/system/manifest.json';

/** The URL of the channel on a server with these texts. */
async function serve(t: ExecutionContext, texts: Readonly<Record<string, string>>): Promise<string> {
  const paths = Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]));
  const server = await serveRanges({ paths });
  t.teardown(() => server.close());
  return `http://127.0.0.1:${server.port}/stable`;
}

test('a version by name is not asked for', async (t) => {
  for (const url of [channel, `${channel}/`, `${channel}//`])
    t.is(await releaseIn(host, { channel: url, version: 'v0.2.0' }), `${channel}/v0.2.0/${manifest}`);
});

test('the newest is what the channel calls the latest', async (t) => {
  const base = await serve(t, { '/stable/latest': 'v0.3.0\n' });
  t.is(await releaseIn(host, { channel: base }), `${base}/v0.3.0/${manifest}`);
});

test('no channel, one that says nothing, one that says anything else', async (t) => {
  await t.throwsAsync(releaseIn(host, { channel: undefined }), { code: 'channel-missing' });
  await t.throwsAsync(releaseIn(host, { channel, version: '../up' }), { code: 'version-invalid' });
  for (const content of ['<html>\n', '../up', 'v1\nv2']) {
    const base = await serve(t, { '/stable/latest': content });
    await t.throwsAsync(releaseIn(host, { channel: base }), { code: 'channel-unknown' }, content);
  }
  const base = await serve(t, { '/other': 'v1' });
  await t.throwsAsync(releaseIn(host, { channel: base }), { code: 'channel-unknown' });
});

/** A machine that is sent `pieces` bytes at a time, and whose clock goes on only when it sleeps. */
function sent(pieces: readonly number[]): Host {
  const fake = fakeHost();
  let now = 0;
  const body = (async function* () {
    for (const length of pieces) yield new Uint8Array(length);
  })();
  return {
    ...fake,
    clock: {
      ...fake.clock,
      monotonic: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    },
    http: { ...fake.http, open: async () => ({ status: 200, headers: {}, body, close: () => {} }) },
  };
}

test('a limit is kept over all pieces, and none is lost', async (t) => {
  const machine = limited(sent([1000, 3000, 0, 500]), 1000);
  const { body } = await machine.http.open('https://releases.example/x');
  let length = 0;
  for await (const piece of body) length += piece.length;
  t.is(length, 4500);
  t.is(machine.clock.monotonic(), 4500);
});

test('without a limit it is the same machine', (t) => {
  const machine = sent([]);
  t.is(limited(machine, undefined), machine);
});
