/** A file server on loopback that knows ranges and behaves as badly as it is told. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What is served: bytes, or a file that is read when it is asked for. */
type Body = Uint8Array | { readonly file: string };
/** One body as /bos.iso, or several by their paths. */
export type Content = Body | { readonly paths: Readonly<Record<string, Body>> };

export interface SentPart {
  readonly start: number;
  /** Not included. */
  readonly end: number;
  readonly total: number | '*';
  readonly bytes: Uint8Array;
}

export interface Behaviour {
  /** False: the whole file whatever is asked for. */
  readonly ranges?: boolean;
  readonly etag?: string;
  readonly modified?: string;
  /** What it says the file has, in bytes. */
  readonly claims?: number;
  /** The connection ends after so many bytes of an answer. */
  readonly cutAfter?: number;
  /** As many answers are cut; all when left out. */
  readonly cuts?: number;
  /** After so many bytes of an answer nothing more comes, and the connection stays. */
  readonly stallAfter?: number;
  /** Several ranges get one answer, with what this makes of its parts. Left out: the whole file. */
  readonly several?: (parts: readonly SentPart[]) => readonly SentPart[];
  /** Other letters between the parts than the header says. */
  readonly boundary?: string;
  /** Answers with a status, or in a way of its own: true ends it here. */
  readonly first?: (request: IncomingMessage, response: ServerResponse, number: number) => boolean;
}

export interface RangeServer {
  readonly port: number;
  /** With the path of the file. */
  readonly url: string;
  /** Path and Range of each request, in order. */
  readonly asked: string[];
  /** Answers that were cut so far. */
  readonly cut: () => number;
  /** Serves this from now on. */
  change(content: Content, behaviour?: Behaviour): void;
  close(): void;
}

export async function serveRanges(content: Content, behaviour: Behaviour = {}): Promise<RangeServer> {
  let now = { content, behaviour };
  let cuts = 0;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { range } = request.headers;
    asked.push([request.url, range].filter(Boolean).join(' '));
    if (now.behaviour.first?.(request, response, asked.length)) return;
    const body = bodyAt(now.content, new URL(request.url ?? '', 'http://x').pathname);
    if (body === undefined) {
      response.writeHead(404).end('not here');
      return;
    }
    const cutting =
      now.behaviour.cutAfter !== undefined && cuts < (now.behaviour.cuts ?? Number.POSITIVE_INFINITY);
    if (cutting) cuts += 1;
    answer(body, now.behaviour, request, response, cutting);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/bos.iso`,
    asked,
    cut: () => cuts,
    change: (newContent, newBehaviour = {}) => {
      now = { content: newContent, behaviour: newBehaviour };
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function bodyAt(content: Content, path: string): Body | undefined {
  if ('paths' in content) return content.paths[path];
  return path === '/bos.iso' ? content : undefined;
}

function answer(
  content: Body,
  behaviour: Behaviour,
  { headers }: IncomingMessage,
  response: ServerResponse,
  cutting: boolean,
): void {
  const size = behaviour.claims ?? sizeOf(content);
  const { etag, modified, ranges = true } = behaviour;
  if (etag !== undefined) response.setHeader('etag', etag);
  if (modified !== undefined) response.setHeader('last-modified', modified);
  if (behaviour.several !== undefined && headers.range?.includes(','))
    return void answerSeveral(content, behaviour, headers.range, response, cutting);
  const match = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '');
  const same = headers['if-range'] === undefined || headers['if-range'] === etag;
  let [start, end] = [0, size];
  if (ranges && match !== null && same) {
    start = Number(match[1]);
    end = match[2] ? Math.min(size, Number(match[2]) + 1) : size;
    if (start >= size) return void response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    response.writeHead(206, {
      'content-range': `bytes ${start}-${end - 1}/${size}`,
      'content-length': end - start,
    });
  } else {
    response.writeHead(200, { 'content-length': size });
  }
  const limits = [end, sizeOf(content)];
  if (cutting && behaviour.cutAfter !== undefined) limits.push(start + behaviour.cutAfter);
  if (behaviour.stallAfter !== undefined) limits.push(start + behaviour.stallAfter);
  const last = Math.min(...limits);
  void send(content, start, last, response).then(() => {
    // A whole answer ends: the next request on this connection would wait for it.
    if (last < end && behaviour.stallAfter !== undefined) return;
    if (last < end) response.destroy();
    else response.end();
  });
}

const announced = 'between_parts';

/** RFC 9110, section 14.6. */
export function multipartOf(parts: readonly SentPart[], boundary = announced): Buffer {
  const pieces = parts.flatMap(({ start, end, total, bytes }) => [
    `\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\n`,
    `Content-Range: bytes ${start}-${end - 1}/${total}\r\n\r\n`,
    bytes,
  ]);
  return Buffer.concat([...pieces, `\r\n--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
}

function answerSeveral(
  content: Body,
  { several = (parts) => parts, boundary, cutAfter }: Behaviour,
  range: string,
  response: ServerResponse,
  cutting: boolean,
): void {
  const total = sizeOf(content);
  const parts = [...range.matchAll(/(\d+)-(\d+)/g)].map(([, first, last]): SentPart => {
    const [start, end] = [Number(first), Math.min(total, Number(last) + 1)];
    return { start, end, total, bytes: read(content, start, end - start) };
  });
  const body = multipartOf(several(parts), boundary);
  response.writeHead(206, {
    'content-type': `multipart/byteranges; boundary=${announced}`,
    'content-length': body.length,
  });
  if (!cutting || cutAfter === undefined || cutAfter >= body.length) response.end(body);
  else response.write(body.subarray(0, cutAfter), () => response.destroy());
}

async function send(content: Body, start: number, end: number, response: ServerResponse): Promise<void> {
  for (let at = start; at < end && !response.destroyed; ) {
    const bytes = read(content, at, Math.min(end - at, 256 * 1024));
    at += bytes.length;
    if (response.write(bytes)) continue;
    await new Promise<void>((resolve) => {
      const done = () => {
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });
  }
  // What was written must leave before the connection is ended on purpose.
  await new Promise<void>((resolve) =>
    response.destroyed ? resolve() : response.write('', () => resolve()),
  );
}

const sizeOf = (content: Body) => ('file' in content ? statSync(content.file).size : content.length);

function read(content: Body, offset: number, length: number): Uint8Array {
  if (!('file' in content)) return content.subarray(offset, offset + length);
  const bytes = Buffer.alloc(length);
  const file = openSync(content.file, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
  } finally {
    closeSync(file);
  }
}
