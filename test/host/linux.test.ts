import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createUnixServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import { eachLine } from '../../src/host/linux/lines.ts';

const host = linuxHost();
const { files } = host;

async function folder(t: ExecutionContext): Promise<string> {
  const path = await files.makeTempDir('bos-test-');
  t.teardown(() => files.remove(path));
  return path;
}

test('files: write, stat, list, rename, remove', async (t) => {
  const root = await folder(t);
  await files.makeDir(join(root, 'a/b'));
  await files.write(join(root, 'a/b/two'), 'zwei', { mode: 0o600, sync: true });
  await files.write(join(root, 'a/b/one'), Buffer.from([1, 2, 3]));
  await files.symlink('one', join(root, 'a/b/link'));
  t.deepEqual(await files.list(join(root, 'a/b')), ['link', 'one', 'two']);
  t.deepEqual(await files.list(join(root, 'none')), []);
  t.like(await files.stat(join(root, 'a/b/two')), { type: 'file', size: 4, mode: 0o600 });
  t.like(await files.stat(join(root, 'a/b/link')), { type: 'symlink' });
  t.is(await files.stat(join(root, 'a/b/one/below-a-file')), undefined);
  t.is(await files.realPath(join(root, 'a/b/link')), await files.realPath(join(root, 'a/b/one')));
  await files.copy(join(root, 'a'), join(root, 'c'));
  t.is(await files.readLink(join(root, 'c/b/link')), 'one');
  await files.rename(join(root, 'c/b/two'), join(root, 'two'));
  await files.remove(join(root, 'a'));
  await files.remove(join(root, 'a'));
  t.deepEqual(await files.list(root), ['c', 'two']);
  t.true((await files.freeSpace(root)) > 0);
});

test('files: an atomic write leaves one file with the mode asked for', async (t) => {
  const root = await folder(t);
  await files.writeAtomic(join(root, 'f'), 'old');
  await files.writeAtomic(join(root, 'f'), 'new', { mode: 0o640 });
  t.is(await files.readText(join(root, 'f')), 'new');
  t.is((await files.stat(join(root, 'f')))?.mode, 0o640);
  t.deepEqual(await files.list(root), ['f']);
  await files.makeDir(join(root, 'd/inside'));
  await t.throwsAsync(files.writeAtomic(join(root, 'd'), 'x'), { code: 'EISDIR' });
  t.deepEqual(await files.list(root), ['d', 'f']);
});

test('an open file reads and writes at offsets and knows its size as it grows', async (t) => {
  const root = await folder(t);
  const file = await files.open(join(root, 'disk'), 'w');
  t.is(file.size, 0);
  await file.write(1000, Buffer.from('middle'));
  t.is(file.size, 1006);
  await file.sync();
  await file.close();

  const again = await files.open(join(root, 'disk'), 'r+');
  await again.write(0, Buffer.from('start'));
  await again.dropCache();
  t.is(Buffer.from(await again.read(0, 5)).toString(), 'start');
  t.is(Buffer.from(await again.read(1000, 100)).toString(), 'middle');
  t.is((await again.read(2000, 10)).length, 0);
  await again.close();
  await t.throwsAsync(files.open(join(root, 'none'), 'r'), { code: 'ENOENT' });
});

test('a folder is not opened as a file, and the answer names it', async (t) => {
  const root = await folder(t);
  const error = await t.throwsAsync(files.open(root, 'r'), { code: 'EISDIR' });
  t.like(error, { path: root, syscall: 'open' });
});

test('the size of a block device is the size of the device', async (t) => {
  const names = (await files.list('/sys/block')).filter((name) => !/^(loop|ram|zram)/.test(name));
  const sizes = await Promise.all(
    names.map(async (name) => [
      (await files.stat(`/dev/${name}`).catch(() => undefined))?.size,
      Number(await files.readText(`/sys/block/${name}/size`)) * 512,
    ]),
  );
  for (const [seen, expected] of sizes.filter(([seen]) => seen !== undefined)) t.is(seen, expected);
  t.pass();
});

const cuts = test.macro({
  exec: async (t, chunks: string[], expected: string[]) => {
    const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
    const lines: string[] = [];
    eachLine(stream, (line) => lines.push(line));
    await new Promise((resolve) => stream.once('end', resolve));
    t.deepEqual(lines, expected);
  },
  title: (_, chunks) => `lines of ${JSON.stringify(chunks)}`,
});
test(cuts, ['a\nb\n'], ['a', 'b']);
test(cuts, ['a', 'b\nc'], ['ab', 'c']);
test(cuts, ['a\r', '\nb'], ['a', 'b']);
test(cuts, ['1%\r', '2%\r', '3%\n'], ['1%', '2%', '3%']);
test(cuts, ['a\n\nb'], ['a', '', 'b']);
test(cuts, [], []);

async function server(t: ExecutionContext): Promise<string> {
  const listening = createServer((request, response) => {
    if (request.url === '/ok') return void response.end('body');
    if (request.url === '/large') return void response.end(Buffer.alloc(100_000));
    if (request.url === '/moved') return void response.writeHead(302, { location: '/ok' }).end();
    if (request.url === '/loop') return void response.writeHead(302, { location: '/loop' }).end();
    if (request.url === '/silent') return;
    response.writeHead(404).end('none');
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    listening.closeAllConnections();
    listening.close();
  });
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

test('http: the body, also after a redirect', async (t) => {
  const url = await server(t);
  t.is((await host.http.get(`${url}/ok`, { limit: 100 })).body.toString(), 'body');
  t.is((await host.http.get(`${url}/moved`, { limit: 4 })).body.toString(), 'body');
});

const refuses = test.macro({
  exec: async (t, path: string, code: string) => {
    const url = path.startsWith('/') ? (await server(t)) + path : path;
    // Only silence is waited for; a busy machine may take its time for the rest.
    const timeoutMs = code === 'url-timeout' ? 300 : 20_000;
    const error = await t.throwsAsync(host.http.get(url, { limit: 1000, timeoutMs, retries: 0 }));
    t.like(error, { kind: 'refused', code });
    t.notRegex(error?.message ?? '', /hush/);
  },
  title: (_, path, code) => `http: ${path} is ${code}`,
});
test(refuses, '/none?token=hush', 'url-status');
test(refuses, '/large', 'url-too-large');
test(refuses, '/silent', 'url-timeout');
test(refuses, '/loop', 'url-redirects');
test(refuses, 'http://user:hush@127.0.0.1:1/', 'url-unreachable');
test(refuses, 'file:///etc/passwd', 'url-unreachable');

test('sockets, clock, chance and system', async (t) => {
  const path = join(await folder(t), 'socket');
  const listening = createUnixServer((socket) => socket.end('hi'));
  await new Promise<void>((resolve) => listening.listen(path, resolve));
  t.teardown(() => listening.close());
  const socket = await host.sockets.connectUnix(path);
  t.is(String(await new Promise((resolve) => socket.once('data', resolve))), 'hi');
  await t.throwsAsync(host.sockets.connectUnix(`${path}-none`), { code: 'ENOENT' });

  t.true((await host.sockets.freePort()) > 1023);
  t.is(host.random.bytes(100_000).length, 100_000);
  t.notDeepEqual(host.random.bytes(16), host.random.bytes(16));
  t.regex(host.random.uuid(), /^[0-9a-f-]{36}$/);
  const before = host.clock.monotonic();
  t.true(host.clock.monotonic() >= before);
  await t.throwsAsync(host.clock.sleep(60_000, AbortSignal.abort()), { name: 'AbortError' });
  t.true(['amd64', 'arm64', 'arm'].includes(host.system.arch));
});

test('folders are made with those above; where the system makes none, its answer comes at once', async (t) => {
  const root = await files.makeTempDir('bos-made-');
  t.teardown(() => files.remove(root));
  await files.makeDir(join(root, 'a/b/c'), 0o700);
  for (const path of ['a', 'a/b', 'a/b/c']) t.is((await files.stat(join(root, path)))?.mode, 0o700);
  await files.makeDir(join(root, 'a/b'));
  await files.write(join(root, 'file'), '');
  await t.throwsAsync(files.makeDir(join(root, 'file')), { code: 'EEXIST' });
  await t.throwsAsync(files.makeDir(join(root, 'file/x')), { code: 'ENOTDIR' });
  // Node.js's own recursive mkdir never returns here.
  await t.throwsAsync(files.makeDir('/proc/nothing/below'), { code: 'ENOENT' });
});

test('what lies below a file is not there: removing it is nothing', async (t) => {
  const root = await files.makeTempDir('bos-removed-');
  t.teardown(() => files.remove(root));
  await files.write(join(root, 'file'), 'x');
  await files.remove(join(root, 'file/below'));
  t.is(await files.readText(join(root, 'file')), 'x');
});
