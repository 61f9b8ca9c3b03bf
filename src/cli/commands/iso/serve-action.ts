/** What `opsctl iso serve` does: reads its options, opens what is served, and waits for the signal to stop. */
import { setFlagsFromString } from 'node:v8';
import { usage } from '../../../errors.ts';
import { parseSize } from '../../../formats/size.ts';
import { parseDuration } from '../../../formats/time/duration.ts';
import { withoutTrailing } from '../../../formats/trailing.ts';
import type { Host } from '../../../host/ports.ts';
import { cannotRead } from '../../../host/system-error.ts';
import { Base } from '../../../serve/iso/base.ts';
import { type Listing, listingOf } from '../../../serve/listing.ts';
import { openStore } from '../../../serve/machines/open-store.ts';
import type { MachineStore } from '../../../serve/machines/store.ts';
import type { LogLine, ServeLimits, ServeOptions } from '../../../serve/options.ts';
import { unknownHistory } from '../../../serve/reports/history.ts';
import { type Serving, serve } from '../../../serve/server.ts';
import { givenIdentity, outOfDate, ownIdentity, type TlsIdentity } from '../../../serve/tls.ts';
import type { CommandAction, OptionValues, Terminal } from '../../command.ts';
import { databaseText, reportsOf } from './serve-database.ts';
import { reportText, reportTo } from './serve-reporting.ts';

/**
 * V8 lets the part of the heap that new objects are made in grow up to 48 MB when there is much to do, and keeps it. Most
 * of what answering makes is gone at once: 3 MB, the size that it begins with, are enough.
 */
const keepHeapSmall = (): void => setFlagsFromString('--semi-space-growth-factor=1');

export const isoServe: CommandAction = async ({ host, terminal, signal }, [places], options) => {
  keepHeapSmall();
  const { address, port } = listenOn(String(options.listen));
  const limits = limitsOf(options);
  const machines = await storeOf(host, options.machines);
  const tls = await tlsOf(host, options);
  const to = reportTo(options.reportTo, { address, port, tls });
  const bases = basesOf(host, places as readonly string[]);
  const log = logTo(host, terminal);
  const reports = await reportsOf(host, options.database);
  const serving = await started({
    ...{ host, bases, machines, address, port, limits, log, reports },
    ...(tls && { tls }),
    ...(to && { reportTo: to }),
  });
  const url = `http${tls === undefined ? '' : 's'}://${address.includes(':') ? `[${address}]` : address}:${serving.port}/`;
  const listing = await listingOf(host.files, machines, bases, () => unknownHistory);
  const count = listing.machines.length;
  log({ event: 'listening', url, machines: count, ...(tls && { fingerprint: tls.fingerprint }) });
  terminal.err(
    `${startText(url, count, bases)}${reportText(to)}${to === undefined && options.database === undefined ? '' : databaseText(reports)}`,
  );
  terminal.err(faultsText(listing));
  if (tls !== undefined) terminal.err(tlsText(tls, host.clock.now()));
  await aborted(signal);
  terminal.err(`Stopping; downloads have ${limits.stopMs / 1000} s to end.\n`);
  await serving.stop();
  log({ event: 'stopped' });
  return 0;
};

/** Once every base has been looked at; a mistake is told before anybody is answered. */
async function started(options: ServeOptions): Promise<Serving> {
  const { bases } = options;
  try {
    for (const base of bases) await (await base.hold()).release();
    return await serve(options);
  } catch (error) {
    for (const base of bases) await base.close();
    await options.reports?.close();
    throw error;
  }
}

async function tlsOf(host: Host, options: OptionValues): Promise<TlsIdentity | undefined> {
  const { tlsCert: cert, tlsKey: key, tlsSelfSigned: own } = options;
  if (own === true && (cert ?? key) !== undefined)
    throw usage('tls-twice', '--tls-self-signed cannot be combined with --tls-cert and --tls-key');
  if (own === true) return ownIdentity(host);
  if (cert === undefined && key === undefined) return undefined;
  if (typeof cert !== 'string' || typeof key !== 'string')
    throw usage('tls-half', '--tls-cert and --tls-key must be given together');
  return givenIdentity(host.files, cert, key);
}

function tlsText({ cert, fingerprint }: TlsIdentity, now: number): string {
  const late = outOfDate(cert, now);
  const warning = late === undefined ? '' : `warning: ${late} Browsers, curl and iPXE refuse it.\n`;
  return `${warning}SHA-256 of the certificate:\n  ${fingerprint}\n`;
}

function startText(url: string, count: number, bases: readonly Base[]): string {
  const machines = count === 1 ? '1 machine' : `${count} machines`;
  const local = /\/\/(127\.|\[::1\]|localhost)/.test(url);
  const advice = local ? 'Only this machine reaches it; --listen 0.0.0.0:8080 is for all.\n' : '';
  return `Serving ${machines} at ${url}, from ${bases.map(({ shown }) => shown).join(', ')}.\n${advice}`;
}

const shownFaults = 20;

/** Who starts the server has just written the machines: what is wrong with them is said here, too. */
function faultsText({ machines, faults }: Listing): string {
  // Many machines may name the same file.
  const all = [...new Set([...faults, ...machines.flatMap((machine) => machine.faults)])];
  const left = all.length - shownFaults;
  const lines = all.slice(0, shownFaults).map((line) => `  ${line}\n`);
  const more = left > 0 ? `  and ${left} more: see the page, or machines.json.\n` : '';
  return all.length === 0 ? '' : `Faults and warnings:\n${lines.join('')}${more}`;
}

const logTo =
  (host: Host, terminal: Terminal) =>
  (line: LogLine): void =>
    terminal.out(`${JSON.stringify({ v: 1, at: new Date(host.clock.now()).toISOString(), ...line })}\n`);

async function storeOf({ files }: Host, path: unknown): Promise<MachineStore> {
  if (typeof path !== 'string')
    throw usage('machines-missing', 'No machines were given', {
      hint: 'Name a folder or a file: `--machines machines/`.',
    });
  return openStore(files, path).catch((cause) => {
    throw cannotRead('machines-missing', path, cause);
  });
}

/** Each is called by the last part of its path, by which machines name it. */
function basesOf(host: Host, places: readonly string[]): Base[] {
  const bases = places.map((place) => new Base(host, place, nameOf(place)));
  const twice = bases.find(({ name }, index) => bases.findIndex((base) => base.name === name) !== index);
  if (twice === undefined) return bases;
  throw usage('base-twice', `Two bases are called ${twice.name}`, {
    hint: 'Machines name a base by its file name: give one of the files another name.',
  });
}

const nameOf = (place: string): string =>
  withoutTrailing(place.replace(/[?#].*$/s, ''), '/').replace(/^.*\//s, '');

/** `HOST:PORT`, `[::1]:8080`, `[fe80::1%eth0]:8080`, `:8080` for every address. */
function listenOn(text: string): { readonly address: string; readonly port: number } {
  const [, address = '', digits = ''] =
    /^(\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|[^:[\]]*):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535)
    throw usage('listen-shape', `--listen: expected HOST:PORT, found ${text}`, {
      hint: 'For example 0.0.0.0:8080, or [::]:8080.',
    });
  return { address: address.replace(/^\[|\]$/g, '') || '::', port };
}

function limitsOf(options: OptionValues): ServeLimits {
  const count = (name: string, flag: string): number => {
    const value = Number(options[name]);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw usage('limit-shape', `${flag}: expected a number from 1 on, found ${options[name]}`);
  };
  const size = (name: string, flag: string): number => {
    const value = parseSize(String(options[name]));
    if (value !== undefined && value > 0) return value;
    throw usage('limit-shape', `${flag}: expected a size such as 50M, found ${options[name]}`);
  };
  const duration = (name: string, flag: string): number => {
    const value = parseDuration(String(options[name]));
    if (value !== undefined && value > 0) return value;
    throw usage('limit-shape', `${flag}: expected a duration such as 60s, found ${options[name]}`);
  };
  return {
    connections: count('maxConnections', '--max-connections'),
    ...(options.rate === undefined ? {} : { rate: size('rate', '--rate') }),
    ...(options.maxRequests === undefined ? {} : { requests: count('maxRequests', '--max-requests') }),
    stallMs: duration('stallTimeout', '--stall-timeout'),
    stopMs: duration('stopTimeout', '--stop-timeout'),
    cacheBytes: size('cache', '--cache'),
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
