/** A server of the files in a folder, on loopback: ranges, several in one answer, as fast as it is told. */
import { createReadStream, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface FileServer {
  readonly url: string;
  /** Bytes of files that were sent since the last reset. */
  sent(): number;
  requests(): number;
  /** From now on: bytes a second over all connections together, and whether several ranges get one answer. */
  reset(how?: { readonly bytesPerSecond?: number; readonly many?: boolean }): void;
  close(): void;
}

interface Range {
  readonly start: number;
  /** Not included. */
  readonly end: number;
}

const boundary = 'a-boundary-that-is-in-no-file';

export async function serveFolder(folder: string): Promise<FileServer> {
  let [sent, requests, many, rate, begun] = [0, 0, true, Number.POSITIVE_INFINITY, 0];
  const send = async (response: ServerResponse, path: string, { start, end }: Range) => {
    for await (const piece of createReadStream(path, { start, end: end - 1, highWaterMark: 128 * 1024 })) {
      if (response.destroyed) return;
      sent += (piece as Buffer).length;
      const wait = begun + (sent / rate) * 1000 - performance.now();
      if (wait > 1) await setTimeout(wait);
      if (!response.write(piece) && !response.destroyed) await drained(response);
    }
  };
  const server = createServer(async (request, response) => {
    requests += 1;
    const path = join(folder, new URL(request.url ?? '', 'http://server').pathname);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return void response.writeHead(404).end();
    const ranges = rangesOf(request.headers.range, size);
    if (ranges.length > 1 && many) {
      const heads = ranges.map(
        ({ start, end }) => `\r\n--${boundary}\r\nContent-Range: bytes ${start}-${end - 1}/${size}\r\n\r\n`,
      );
      response.writeHead(206, { 'content-type': `multipart/byteranges; boundary=${boundary}` });
      for (const [index, range] of ranges.entries()) {
        response.write(heads[index]);
        await send(response, path, range);
      }
      response.end(`\r\n--${boundary}--\r\n`);
      return;
    }
    const [range] = ranges;
    if (ranges.length === 1 && range !== undefined) {
      const { start, end } = range;
      const length = { 'content-length': end - start };
      response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${size}`, ...length });
    } else response.writeHead(200, { 'content-length': size });
    await send(response, path, ranges.length === 1 && range ? range : { start: 0, end: size });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => sent,
    requests: () => requests,
    reset: (how = {}) => {
      [sent, requests, begun] = [0, 0, performance.now()];
      rate = how.bytesPerSecond ?? Number.POSITIVE_INFINITY;
      many = how.many ?? true;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const drained = (response: ServerResponse) =>
  new Promise<void>((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });

function rangesOf(header: string | undefined, size: number): Range[] {
  const [, list = ''] = /^bytes=(.+)$/.exec(header ?? '') ?? [];
  return [...list.matchAll(/(\d+)-(\d*)/g)].map(([, first, last]) => ({
    start: Number(first),
    end: last ? Math.min(size, Number(last) + 1) : size,
  }));
}
