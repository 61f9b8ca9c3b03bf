/** What a server is started with. */
import type { Host } from '../host/ports.ts';
import type { Base } from './iso/base.ts';
import type { MachineStore } from './machines/store.ts';
import type { ReportStore } from './reports/store.ts';

export interface ServeOptions {
  readonly host: Host;
  /** At least one; the first is for machines that name none. */
  readonly bases: readonly Base[];
  readonly machines: MachineStore;
  readonly address: string;
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly limits: ServeLimits;
  /** Where what machines report is kept; in memory when left out. Closed with the server. */
  readonly reports?: ReportStore;
  /** Where machines report; they are told nothing of it when left out. */
  readonly reportTo?: ReportTo;
  /** Told of everything that happens, as plain data without secrets. */
  readonly log: (line: LogLine) => void;
}

export interface ReportTo {
  /** At which machines reach a server with the same store, without a slash at its end. */
  readonly url: string;
  /** Of the certificate that it shows; null for HTTP, and for one that the usual authorities know. */
  readonly fingerprint: string | null;
}

export interface ServeLimits {
  /** Connections that are answered; others are told to come again. */
  readonly connections: number;
  /** Bytes a second of each answer; undefined for as fast as it goes. */
  readonly rate?: number;
  /** Requests of one address in a minute; undefined for as many as it likes. */
  readonly requests?: number;
  /** How long a client may take for one piece, in ms. */
  readonly stallMs: number;
  /** How long answers may go on once the server is told to stop, in ms. */
  readonly stopMs: number;
  /** Memory for computed ISOs, in bytes. */
  readonly cacheBytes: number;
}

export type LogLine = { readonly event: string } & Readonly<Record<string, unknown>>;

/** Ways to a machine that does not exist, or with a wrong token, that one address may try in a minute. */
export const missesAllowed = 60;
