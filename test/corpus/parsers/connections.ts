/**
 * What comes over a connection to `opsctl iso serve`, sent as it is to a server that runs: it answers as HTTP says or ends
 * the connection, keeps nothing open, and answers the next one rightly.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { Base } from '../../../src/serve/iso/base.ts';
import { openStore } from '../../../src/serve/machines/open-store.ts';
import type { LogLine } from '../../../src/serve/options.ts';
import { type Serving, serve } from '../../../src/serve/server.ts';
import { handMade } from '../../formats/iso9660/hand-made.ts';
import { bytes, latin1, type Parser } from './parser.ts';

/** Bytes that a client takes before it goes away. */
const mostTaken = 4 * 2 ** 20;
/** Of the clock, for what is answered at once; a head that does not end is given up much later. */
const patienceMs = 20_000;
/** Nothing came for so long: the client has no more to say, and the server nothing more to answer. */
const quietMs = 30;

const host = linuxHost();

interface Running {
  readonly port: number;
  readonly log: readonly LogLine[];
  /** What the ISO without changes is. */
  readonly iso: Buffer;
  stop(): Promise<void>;
}

/** A server of two machines; one has the ISO as it is. */
export async function running(): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'bos-connections-'));
  const iso = handMade({ fields: true, sharing: { before: 0, skip: 0 }, joliet: true });
  const place = join(folder, 'base.iso');
  writeFileSync(place, iso);
  const machines = join(folder, 'machines.yaml');
  writeFileSync(machines, 'machines:\n  a: {}\n  b: {volid: NEW, token: abcdefghijklmnop}\n');
  const log: LogLine[] = [];
  const remove = () => rmSync(folder, { recursive: true, force: true });
  let serving: Serving;
  try {
    serving = await serve({
      ...{ host, address: '127.0.0.1', port: 0, log: (line: LogLine) => void log.push(line) },
      bases: [new Base(host, place, basename(place))],
      machines: await openStore(host.files, machines),
      limits: { connections: 100, stallMs: 5000, stopMs: 1000, cacheBytes: 2 ** 22 },
    });
  } catch (error) {
    remove();
    throw error;
  }
  const stop = () => serving.stop().finally(remove);
  return { port: serving.port, log, iso, stop };
}

/** What one address misses too often is held against it alone: those who ask rightly have another one. */
const strange = '127.0.0.2';

/**
 * Sends it in pieces, half closes at once, when the server has become quiet or never, and takes what comes until the server ends
 * the connection, or until it is enough. Throws when the server does neither.
 */
export async function conversation(
  port: number,
  pieces: readonly Uint8Array[],
  { from, closes }: { readonly from: string; readonly closes: 'at once' | 'when quiet' | 'never' },
): Promise<Buffer> {
  const taken: Buffer[] = [];
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true });
    const late = setTimeout(() => socket.destroy(new Error('the server keeps the connection')), patienceMs);
    const quiet = closes === 'when quiet' ? setTimeout(() => socket.end(), quietMs) : undefined;
    let failed: Error | undefined;
    socket.on('data', (piece) => {
      quiet?.refresh();
      taken.push(piece);
      count += piece.length;
      if (count > mostTaken) socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // The server may end it before it has read all.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') failed = error;
    });
    socket.on('close', () => {
      clearTimeout(late);
      clearTimeout(quiet);
      if (failed === undefined) resolve();
      else reject(failed);
    });
    for (const piece of pieces) socket.write(piece);
    if (closes === 'at once') socket.end();
  });
  return Buffer.concat(taken);
}

/** Throws for an answer that is none, or that says that the server has failed. */
export function requireAnswer(answer: Uint8Array): void {
  const [, status] = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n/.exec(latin1(answer.subarray(0, 200))) ?? [];
  if (answer.length > 0 && status === undefined) throw new Error('it is no answer of HTTP');
  if (status === '500') throw new Error('the server has failed');
}

/** Throws unless the next client gets what it asks for, and nothing was a bug. */
export async function requireRight({ port, log, iso }: Running): Promise<void> {
  const head = 'GET /iso/a.iso HTTP/1.1\r\nHost: a\r\nRange: bytes=100-299\r\nConnection: close\r\n\r\n';
  const answer = await conversation(port, [Buffer.from(head)], { from: '127.0.0.1', closes: 'never' });
  const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
  if (!/^HTTP\/1\.1 206 /.test(latin1(answer.subarray(0, 20))) || !body.equals(iso.subarray(100, 300)))
    throw new Error('a correct request gets another answer');
  const bug = log.find(({ event }) => event === 'bug');
  if (bug !== undefined) throw new Error(`it was a bug: ${bug.error}`);
}

export const openFiles = () => readdirSync('/proc/self/fd').length;

/** Throws when more is open than before, and stays so. */
export async function requireClosed(before: number): Promise<void> {
  for (let left = 40; openFiles() > before; left -= 1) {
    if (left === 0) throw new Error(`${openFiles() - before} files stay open`);
    await host.clock.sleep(50);
  }
}

/** What a process opens once and keeps is not the server's. */
let warm: Promise<void> | undefined;

/** All at once, and cut in the middle. */
async function answered(input: Uint8Array): Promise<void> {
  warm ??= running().then((server) => requireRight(server).finally(() => server.stop()));
  await warm;
  const before = openFiles();
  const server = await running();
  try {
    const half = Math.floor(input.length / 2);
    const pieces = [input.subarray(0, half), input.subarray(half)];
    requireAnswer(await conversation(server.port, [input], { from: strange, closes: 'when quiet' }));
    requireAnswer(await conversation(server.port, pieces, { from: strange, closes: 'at once' }));
    await requireRight(server);
  } finally {
    await server.stop();
  }
  await requireClosed(before);
}

const get = (target: string, ...headers: readonly string[]) =>
  `GET ${target} HTTP/1.1\r\nHost: a\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;

export const connectionParsers = {
  'connections to iso serve': {
    seeds: () =>
      bytes(
        get('/iso/a.iso', 'Range: bytes=0-9, 20-29,-5', 'If-Range: "x"', 'Accept: */*'),
        get('/iso/b.iso.sha256') + get('/t/abcdefghijklmnop/iso/b.iso', 'Range: bytes=5-') + get('/metrics'),
        'HEAD http://host/pxe/mac/52:54:00:12:34:56/boot.ipxe HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
        'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
        'GET /machines.json HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x00',
        'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n',
        `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\nCookie: ${'b'.repeat(9000)}\r\n\r\n`,
        '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      ),
    parse: answered,
  },
} satisfies Record<string, Parser>;
