/** `POST /report/NAME`: takes what a machine says of itself, if it proves that it is that machine. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Host } from '../../host/ports.ts';
import { signatureHeader, signatureOf } from '../../operation/announce/report-file.ts';
import { reportNames } from '../../operation/announce/send.ts';
import type { Exchange } from '../http/exchange.ts';
import { AddressLimit } from '../limits.ts';
import { findMachine } from '../machines/find.ts';
import type { MachineStore } from '../machines/store.ts';
import type { Metrics } from '../metrics.ts';
import { historyOf, toldHistory } from './history.ts';
import type { Reports } from './reports.ts';

const mostBytes = 4096;
/** Of one machine in a minute: an installation has three, each tried a few times. */
const mostReports = 60;
/** Until it is worth asking the database again, in seconds. */
const comeAgain = 10;

const bodySchema = z.object({
  v: z.literal(1),
  machine: z.string(),
  report: z.enum(reportNames),
  /** Drawn at random by the kernel at each boot, so a report that somebody repeats is one that is known. */
  boot: z.string().regex(/^[0-9a-f-]{32,36}$/),
});

export interface AcceptorOptions {
  readonly host: Pick<Host, 'clock'>;
  readonly machines: MachineStore;
  readonly reports: Reports;
  readonly metrics: Metrics;
}

export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #often: AddressLimit;

  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#often = new AddressLimit(options.host.clock, mostReports, 60_000);
  }

  async answer(exchange: Exchange, name: string): Promise<void> {
    const { metrics, machines, reports } = this.#options;
    const refuse = (status: number, why: string, headers = {}) => {
      metrics.report('none', 'refused');
      exchange.request.resume();
      exchange.text(status, `${why}\n`, headers);
    };
    if (exchange.request.method !== 'POST')
      return refuse(405, 'A machine reports here with POST.', { allow: 'POST' });
    const bytes = await bodyOf(exchange);
    if (bytes === undefined)
      return refuse(413, `A report has at most ${mostBytes} bytes.`, { connection: 'close' });
    const signature = exchange.header(signatureHeader);
    if (signature === undefined)
      return refuse(401, `A report is signed: ${signatureHeader}.`, { 'www-authenticate': 'opsctl-report' });
    // The same for a machine that there is not: nothing tells them apart.
    const machine = await findMachine(machines, name);
    const { token } = machine ?? {};
    if (!isSame(signature, signatureOf(reports.secretOf({ name, token }), bytes)))
      return refuse(403, 'The signature is wrong.');
    exchange.said.machine = name;
    if (machine === undefined || machine.spec?.report === false)
      return refuse(403, 'This machine does not report here.');
    const report = reportOf(bytes, name);
    if (report === undefined) return refuse(400, 'This is not a report.');
    const wait = this.#often.blocked(name);
    if (wait !== undefined)
      return refuse(429, `One machine may report ${mostReports} times in a minute.`, {
        'retry-after': `${wait}`,
      });
    this.#often.add(name);
    await this.#take(exchange, name, report);
  }

  async #take(
    exchange: Exchange,
    machine: string,
    { report, boot }: z.infer<typeof bodySchema>,
  ): Promise<void> {
    const { host, metrics, reports } = this.#options;
    exchange.said.report = report;
    try {
      const isNew = await reports.add(machine, { name: report, at: host.clock.now(), boot });
      const { state, since } = toldHistory(historyOf(await reports.store.get(machine)));
      metrics.report(report, isNew ? 'accepted' : 'known');
      exchange.text(200, `${JSON.stringify({ v: 1, state, since })}\n`, {
        'content-type': 'application/json; charset=utf-8',
      });
    } catch {
      // Said in the log by what asked the database.
      metrics.report(report, 'unavailable');
      exchange.text(503, 'The report cannot be kept now; send it again.\n', {
        'retry-after': `${comeAgain}`,
      });
    }
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** In a time that says nothing of how near it was. */
const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));

/** Undefined for a longer one than there is. */
const bodyOf = ({ request }: Exchange): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    if (Number(request.headers['content-length'] ?? 0) > mostBytes) resolve(undefined);
    request.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > mostBytes) resolve(undefined);
      else pieces.push(piece);
    });
    request.on('end', () => resolve(Buffer.concat(pieces)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('the client went away')));
  });

function reportOf(bytes: Buffer, name: string): z.infer<typeof bodySchema> | undefined {
  try {
    const { data } = bodySchema.safeParse(JSON.parse(bytes.toString()));
    return data?.machine === name ? data : undefined;
  } catch {
    return undefined;
  }
}
