/** Where a version of a channel lies, and fetching no faster than is allowed. */
import test, { type ExecutionContext } from 'ava';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { newestInStream, releaseIn } from '../../../src/upgrade/source/channel.ts';
import { limited } from '../../../src/upgrade/source/limit-rate.ts';
import { isInStream, newestOf, streamOf } from '../../../src/upgrade/source/versions.ts';
import { fakeHost } from '../../fakes/host.ts';
import { serveRanges } from '../../fakes/range-server.ts';
import { serveRegistry } from '../../fakes/registry.ts';

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

test('the newest of a stream: by its own file, or when the newest of all is one of it', async (t) => {
  const own = await serve(t, { '/stable/latest': 'v0.3.0', '/stable/latest-0.2': 'v0.2.7\n' });
  t.deepEqual(await newestInStream(host, own, '0.2'), {
    name: 'v0.2.7',
    source: `${own}/v0.2.7/${manifest}`,
  });
  const alone = await serve(t, { '/stable/latest': 'v0.2.3' });
  t.is((await newestInStream(host, alone, '0.2'))?.name, 'v0.2.3');
  // A channel that is behind has nothing for it; one that went on does not say.
  t.is(await newestInStream(host, alone, '0.3'), undefined);
  t.is(await newestInStream(host, alone, '1.0'), undefined);
  const error = await t.throwsAsync(newestInStream(host, alone, '0.1'), { code: 'stream-unknown' });
  t.regex(error?.message ?? '', /newest of 0\.1$/);
  // A file that names a version of another stream is not believed, nor one with a pre-release.
  for (const other of ['v0.3.0', 'v0.2.9-rc.1', '../up']) {
    const odd = await serve(t, { '/stable/latest': 'v0.2.3', '/stable/latest-0.2': other });
    t.is((await newestInStream(host, odd, '0.2'))?.name, 'v0.2.3', other);
  }
  await t.throwsAsync(newestInStream(host, undefined, '0.2'), { code: 'channel-missing' });
});

test('a repository of a registry: its tags are versions, page by page', async (t) => {
  const pages = [['latest', '0.2.9', '0.2.10'], ['0.2.11-rc.1', '0.3.1', 'v0.1.2'], null];
  const registry = await serveRegistry({
    first: (line, _, response) => {
      const [, last] = /^GET \/v2\/bos\/tags\/list\?n=1000(?:&last=(\d))?$/.exec(line) ?? [
        undefined,
        undefined,
      ];
      if (!line.includes('/tags/list')) return false;
      const page = Number(last ?? 0);
      const link =
        page + 1 < pages.length ? { link: `</v2/bos/tags/list?n=1000&last=${page + 1}>; rel="next"` } : {};
      response.writeHead(200, link).end(JSON.stringify({ name: 'bos', tags: pages[page] }));
      return true;
    },
  });
  t.teardown(() => registry.close());
  const repository = `oci:${registry.name}/bos`;
  t.deepEqual(await newestInStream(host, repository, '0.2'), {
    name: '0.2.10',
    source: `${repository}:0.2.10`,
  });
  t.is(await newestInStream(host, repository, '0.4'), undefined);
  t.is(await releaseIn(host, { channel: repository }), `${repository}:0.3.1`);
  t.is(await releaseIn(host, { channel: repository, version: '0.2.9' }), `${repository}:0.2.9`);
  t.is(registry.asked.length, 9);
});

test('a registry that gives no list of tags, or one without versions', async (t) => {
  for (const [body, code] of [
    ['{"tags":["latest"]}', 'channel-unknown'],
    ['{"tags":3}', 'oci-invalid'],
    ['<html>', 'oci-invalid'],
  ] as const) {
    const registry = await serveRegistry({
      first: (_line, _request, response) => {
        response.writeHead(200).end(body);
        return true;
      },
    });
    t.teardown(() => registry.close());
    await t.throwsAsync(releaseIn(host, { channel: `oci:${registry.name}/bos` }), { code }, body);
  }
});

test('streams and the newest of names', (t) => {
  t.is(streamOf('v0.2.5'), '0.2');
  t.is(streamOf('1.10.0+1a2b3c4d'), '1.10');
  t.is(streamOf('18.04.4'), undefined);
  t.true(isInStream('v0.2.5', '0.2'));
  t.false(isInStream('0.20.5', '0.2'));
  t.false(isInStream('0.2.5-rc.1', '0.2'));
  t.is(newestOf(['latest', '0.2.9', 'v0.2.10', '0.2.11-rc.1']), 'v0.2.10');
  t.is(newestOf([]), undefined);
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
