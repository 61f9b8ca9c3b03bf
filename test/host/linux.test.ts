import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createUnixServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { OpsError } from '../../src/errors.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { eachLine } from '../../src/host/linux/lines.ts';
import { ToolFailed } from '../../src/host/tool-failed.ts';

const host = linuxHost();
const { files, processes } = host;

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

test('run: output, input, environment and exit codes', async (t) => {
  const { stdout } = await processes.run('cat', [], { input: 'a\nb\n' });
  t.is(stdout, 'a\nb\n');
  const env = await processes.run('env', [], { env: { EXTRA: 'yes' } });
  t.regex(env.stdout, /^LC_ALL=C\.UTF-8$/m);
  t.regex(env.stdout, /^EXTRA=yes$/m);
  t.notRegex(env.stdout, /^npm_/m);
  t.is((await processes.run('false', [], { okCodes: [0, 1] })).exitCode, 1);
  t.is((await processes.run('pwd', [], { cwd: '/' })).stdout, '/\n');
});

test('run: a failure carries the command, the code and the end of its output', async (t) => {
  const error = await t.throwsAsync(processes.run('ls', ['/no/such']), { instanceOf: ToolFailed });
  t.is(error?.exitCode, 2);
  t.is(error?.message, 'ls failed with exit code 2');
  t.is(error?.details[0], 'command: ls /no/such');
  t.regex(error?.details[1] ?? '', /No such file/);
  t.is(error?.details.length, 2);
});

test('run: a failure names the program that another one started, and no endless command line', async (t) => {
  const args = ['0', 'ls', `/no/${'x'.repeat(2000)}`];
  const error = await t.throwsAsync(processes.run('timeout', args, { program: 'ls' }), {
    instanceOf: ToolFailed,
  });
  t.is(error?.message, 'ls failed with exit code 2');
  t.regex(error?.details[0] ?? '', /^command: timeout 0 ls .{500,600} …$/);
});

test('run: a missing program, a timeout and an abort are told apart', async (t) => {
  const missing = await t.throwsAsync(processes.run('no-such-program', []), { instanceOf: OpsError });
  t.like(missing, { kind: 'refused', code: 'tool-missing' });
  const late = await t.throwsAsync(processes.run('sleep', ['60'], { timeoutMs: 50 }), {
    instanceOf: ToolFailed,
  });
  t.true(late?.timedOut);
  const aborter = new AbortController();
  const aborted = processes.run('sleep', ['60'], { signal: aborter.signal });
  aborter.abort();
  t.like(await t.throwsAsync(aborted), { kind: 'interrupted' });
});

test('run: a program need not read its input, and what it leaves in the background is waited for', async (t) => {
  t.is((await processes.run('true', [], { input: new Uint8Array(1_000_000) })).exitCode, 0);
  const { stdout } = await processes.run('sh', ['-c', '(sleep 0.2; echo later) & echo now']);
  t.is(stdout, 'now\nlater\n');
});

test('run: the input may be a file, and what is no UTF-8 at the cut of two chunks is put together', async (t) => {
  const text = 'ä'.repeat(100_001);
  const path = join(await files.makeTempDir('bos-input-'), 'input');
  t.teardown(() => files.remove(path));
  await files.write(path, `x${text}`);
  t.is((await processes.run('cat', [], { inputFile: path })).stdout, `x${text}`);
  await t.throwsAsync(processes.run('cat', [], { inputFile: '/no/such' }), { code: 'ENOENT' });
});

test('run: one that ignores the polite signal is killed, whoever holds its output', async (t) => {
  const stubborn = 'trap "" TERM; sleep 60 & while :; do wait; done';
  const error = await t.throwsAsync(processes.run('sh', ['-c', stubborn], { timeoutMs: 50 }), {
    instanceOf: ToolFailed,
  });
  t.like(error, { timedOut: true, signal: 'SIGKILL' });
});

test('run: lines come as they are written', async (t) => {
  const lines: string[] = [];
  await processes.run('printf', ['10%%\\r20%%\\r\\nend'], { onStdout: (line) => lines.push(line) });
  t.deepEqual(lines, ['10%', '20%', 'end']);
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

test('start: a child with pipes, killed on request', async (t) => {
  const child = processes.start('cat', []);
  child.stdin?.write('hello\n');
  const [chunk] = await new Promise<[Buffer]>((resolve) =>
    child.stdout?.once('data', (data) => resolve([data])),
  );
  t.is(chunk.toString(), 'hello\n');
  child.kill('SIGKILL');
  t.deepEqual(await child.exited, { exitCode: null, signal: 'SIGKILL' });
  t.throws(() => processes.start('no-such-program', []), { message: /not installed/ });
});

test('start: the child does not outlive a parent that is killed', async (t) => {
  const program = `
    import { linuxHost } from ${JSON.stringify(new URL('../../src/host/linux/index.ts', import.meta.url).href)};
    const child = linuxHost().processes.start('cat', []);
    child.stdin.write('ready\\n');
    child.stdout.once('data', () => console.log(child.pid));
  `;
  const parent = processes.start(process.execPath, ['--input-type=module', '-e', program]);
  const pid = await new Promise<number>((resolve) =>
    parent.stdout?.once('data', (data) => resolve(Number(data))),
  );
  t.true(await files.exists(`/proc/${pid}`));
  parent.kill('SIGKILL');
  await parent.exited;
  const gone = async () =>
    /^State:\s+Z/m.test(await files.readText(`/proc/${pid}/status`).catch(() => 'State: Z'));
  for (let tries = 0; tries < 200 && !(await gone()); tries++) await host.clock.sleep(10);
  t.true(await gone());
});

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
