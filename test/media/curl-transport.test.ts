/** FTP and TFTP by the real curl, from small servers on loopback. */
import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Host } from '../../src/host/ports.ts';
import { openImage } from '../../src/media/image.ts';
import type { Image } from '../../src/media/image-ref.ts';
import { waitedFor } from '../../src/operation/first-contact.ts';
import { type SmallServer, serveFtp, serveTftp } from '../fakes/ftp-server.ts';
import { temporaryFolder } from '../formats/support.ts';

const real = linuxHost();
const content = randomBytes(1_500_000);

function machine() {
  const waits: number[] = [];
  const sleep = async (ms: number) => void waits.push(ms);
  return { host: { ...real, clock: { ...real.clock, sleep } }, waits };
}

function kept(t: ExecutionContext, server: SmallServer): SmallServer {
  t.teardown(server.close);
  return server;
}

async function gives(t: ExecutionContext, image: Image, start: number, end?: number): Promise<void> {
  const pieces = [];
  for await (const piece of image.stream(start, end)) pieces.push(piece);
  t.is(Buffer.compare(Buffer.concat(pieces), content.subarray(start, end)), 0);
}

test('FTP: parts of a file, its size and date; the password is shown nowhere', async (t) => {
  const { port, commands } = kept(t, await serveFtp(content));
  const image = await openImage(real, `ftp://me:hush@127.0.0.1:${port}/bos.iso`, 'url:image');
  t.deepEqual(image.ref, {
    from: 'url',
    url: 'url:image',
    shown: `ftp://127.0.0.1:${port}/bos.iso`,
    pin: { size: content.length, etag: null, modified: 'Sat, 01 Nov 2025 10:00:00 GMT', ranges: true },
  });
  await gives(t, image, 1_000_000);
  await gives(t, image, 700_000, 700_100);
  t.true(commands.includes('REST 1000000'));
});

test('FTP: a transfer that is cut goes on where it ended', async (t) => {
  const { port } = kept(t, await serveFtp(content, { cuts: 3, cutAfter: 300_000 }));
  const { host, waits } = machine();
  const image = await openImage(host, `ftp://me:hush@127.0.0.1:${port}/bos.iso`, 'url:image');
  await gives(t, image, 0);
  t.true(waits.length > 0);
});

test('FTP: not there, a wrong password, no server', async (t) => {
  const { port } = kept(t, await serveFtp(content));
  const { host, waits } = machine();
  const open = (url: string) => openImage(host, url, 'url:image');
  await t.throwsAsync(open(`ftp://me:hush@127.0.0.1:${port}/other.iso`), {
    code: 'url-status',
    message: /other\.iso/,
  });
  await t.throwsAsync(open(`ftp://me:wrong@127.0.0.1:${port}/bos.iso`), {
    code: 'url-unreachable',
    message: /^(?!.*wrong).*denied/i,
  });
  t.deepEqual(waits, []);
  await t.throwsAsync(open('ftp://127.0.0.1:9/bos.iso'), { code: 'url-unreachable', message: /8 attempts/ });
  t.is(waits.length, 7);
});

test('FTP: a server that has never answered somebody who waits is given up soon', async (t) => {
  const { host, waits } = machine();
  const opened = openImage(waitedFor(host), 'ftp://127.0.0.1:9/bos.iso', 'url:image');
  await t.throwsAsync(opened, { code: 'url-unreachable', message: /3 attempts/ });
  t.deepEqual(waits, [1_000, 2_000]);
});

test('FTP: one that has answered is waited for when it is lost', async (t) => {
  const server = kept(t, await serveFtp(content));
  const { host, waits } = machine();
  const url = `ftp://me:hush@127.0.0.1:${server.port}/bos.iso`;
  const image = await openImage(waitedFor(host), url, 'url:image');
  server.close();
  await t.throwsAsync(image.stream(1_000_000).next(), { code: 'url-unreachable', message: /8 attempts/ });
  t.is(waits.length, 7);
});

test('TFTP: the same, by the bytes that have come; curl waits less for the first', async (t) => {
  const { host, waits } = machine();
  const limits: (string | undefined)[] = [];
  let sends = '';
  const start: Host['processes']['start'] = (_, args = []) => {
    limits.push(args[args.indexOf('--connect-timeout') + 1]);
    return real.processes.start('sh', ['-c', `printf '${sends}'; echo 'curl: (28) slow' >&2; exit 28`]);
  };
  const curl: Host = waitedFor({ ...host, processes: { ...real.processes, start } });
  const open = () => openImage(curl, 'tftp://127.0.0.1/bos.iso', 'url:image');
  await t.throwsAsync(open(), { code: 'url-unreachable', message: /slow; gave up after 3 attempts/ });
  t.deepEqual(limits, ['5', '5', '5']);
  sends = 'x';
  await t.throwsAsync(open(), { code: 'url-unreachable', message: /slow; gave up after 8 attempts/ });
  t.deepEqual([...new Set(limits.slice(4))], ['30']);
  t.true(waits.length > 2);
});

test('TFTP: the file from its beginning, and no further than is needed', async (t) => {
  const { port, commands } = kept(t, await serveTftp(content));
  const image = await openImage(real, `tftp://127.0.0.1:${port}/bos.iso`, 'url:image');
  t.is(image.size, Number.POSITIVE_INFINITY);
  t.false(image.ranges);
  await gives(t, image, 400_000, 800_000);
  await gives(t, image, 0);
  t.deepEqual(commands, ['bos.iso', 'bos.iso', 'bos.iso']);
  const missing = openImage(real, `tftp://127.0.0.1:${port}/none`, 'url:image');
  await t.throwsAsync(missing, { code: 'url-status', message: /none cannot be fetched/ });
});

test('a URL cannot say more to curl than where to go', async (t) => {
  const { port, commands } = kept(t, await serveFtp(content));
  const file = `${temporaryFolder(t)}/x`;
  const hostile = `ftp://me:hush@127.0.0.1:${port}/a"\noutput = "${file}`;
  await t.throwsAsync(openImage(real, hostile, 'url:image'), { code: 'url-status' });
  t.false(await real.files.exists(file));
  t.true(
    commands.some((command) => command.includes('output')),
    'it is part of the path',
  );
});
