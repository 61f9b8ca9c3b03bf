/** A server of machines' ISOs on loopback, and a client that sees every byte and every way in which an answer ends. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Host } from '../../src/host/ports.ts';
import { Base } from '../../src/serve/iso/base.ts';
import { openStore } from '../../src/serve/machines/open-store.ts';
import type { LogLine, ReportTo, ServeLimits } from '../../src/serve/options.ts';
import type { ReportStore } from '../../src/serve/reports/store.ts';
import { type Serving, serve } from '../../src/serve/server.ts';
import { temporaryFolder } from '../formats/support.ts';
import { host } from '../iso/edit/edit-support.ts';

export interface TestServer {
  readonly port: number;
  /** Where the machines' files are. */
  readonly folder: string;
  readonly log: LogLine[];
  readonly serving: Serving;
  /** Writes files beside the machines. */
  write(files: Readonly<Record<string, string | Uint8Array>>): void;
  get(path: string, headers?: Readonly<Record<string, string>>, method?: string): Promise<Answer>;
}

export interface TestOptions {
  readonly bases: readonly string[];
  readonly machines: Readonly<Record<string, string | Uint8Array>>;
  readonly limits?: Partial<ServeLimits>;
  readonly on?: Host;
  /** Of the folder, for a file with all machines. */
  readonly file?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly reports?: ReportStore;
  readonly reportTo?: ReportTo;
}

const limits: ServeLimits = { connections: 100, stallMs: 20_000, stopMs: 5000, cacheBytes: 2 ** 25 };

export async function testServer(t: ExecutionContext, options: TestOptions): Promise<TestServer> {
  const { on = host } = options;
  const folder = temporaryFolder(t);
  const write: TestServer['write'] = (files) => {
    for (const [name, data] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), data);
    }
  };
  write(options.machines);
  const log: LogLine[] = [];
  const serving = await serve({
    host: on,
    bases: options.bases.map((place) => new Base(on, place, basename(place))),
    machines: await openStore(on.files, join(folder, options.file ?? '')),
    ...{ address: '127.0.0.1', port: 0, log: (line: LogLine) => void log.push(line) },
    limits: { ...limits, ...options.limits },
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.reports === undefined ? {} : { reports: options.reports }),
    ...(options.reportTo === undefined ? {} : { reportTo: options.reportTo }),
  });
  t.teardown(() => serving.stop());
  const { port } = serving;
  return {
    port,
    folder,
    log,
    serving,
    write,
    get: (path, headers, method) => get(port, path, headers, method),
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Why the answer did not end as it should. */
  readonly fault: string | undefined;
}

/** Never keeps a connection. Throws when there was no answer at all. */
export async function get(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Answer> {
  const asking = request({ host: '127.0.0.1', port, path, method, headers, agent: false });
  const response = await answered(asking);
  const pieces: Buffer[] = [];
  let fault: string | undefined;
  try {
    for await (const piece of response) pieces.push(piece as Buffer);
  } catch (error) {
    fault = (error as NodeJS.ErrnoException).code ?? String(error);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces), fault };
}

export const answered = (asking: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    asking.on('response', resolve);
    asking.on('error', reject);
    asking.end();
  });

/** Sends bytes as they are; gives all that comes back until the server ends the connection. */
export const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    const pieces: Buffer[] = [];
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(pieces).toString('latin1')));
  });
