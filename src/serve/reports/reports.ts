/** What a server knows of its machines. When the database does not answer, ISOs are served all the same. */
import { messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { renderReportFile } from '../../operation/announce/report-file.ts';
import type { UsableMachine } from '../machines/store.ts';
import type { LogLine, ReportTo } from '../options.ts';
import { Events } from './events.ts';
import {
  type Entry,
  type EntryName,
  historyOf,
  machineStates,
  sentBoot,
  type ToldHistory,
  toldHistory,
  unknownHistory,
} from './history.ts';
import { secretOf } from './secret.ts';
import type { ReportStore } from './store.ts';

/** A BMC asks for the first byte a thousand times: it is noted so often, in ms. */
const notedAgainMs = 60_000;
/** Machines of which is remembered what they were sent last. */
const mostRemembered = 10_000;
/** Of what was sent, while the database takes nothing; what is more is not noted. */
const mostWaiting = 1000;

export interface ReportsOptions {
  readonly host: Pick<Host, 'clock'>;
  readonly store: ReportStore;
  readonly log: (line: LogLine) => void;
}

export class Reports {
  readonly events: Events;
  readonly store: ReportStore;
  readonly #options: ReportsOptions;
  #key: Uint8Array = new Uint8Array();
  /** When what was sent was noted. */
  readonly #sent = new Map<string, number>();
  /** One after the other: the first byte stands before the last one. */
  #noting: Promise<void> = Promise.resolve();
  #waiting = 0;
  #away = false;

  constructor(options: ReportsOptions) {
    const { host, store } = options;
    this.#options = options;
    this.store = store;
    this.events = new Events(host.clock, store, (error) => this.failed(error));
  }

  /** Throws what the store does. */
  async start(): Promise<void> {
    this.#key = await this.store.key();
  }

  /** Made of the machine's name and token, so the same in every ISO of it. */
  secretOf(machine: { readonly name: string; readonly token: string | undefined }): string {
    return secretOf(this.#key, machine);
  }

  /** What a machine reports by; undefined for one that is not to. */
  fileOf(machine: UsableMachine, to: ReportTo | undefined): Buffer | undefined {
    const { name, spec } = machine;
    if (to === undefined || spec.report === false) return undefined;
    const url = `${to.url}/report/${encodeURIComponent(name)}`;
    return renderReportFile({
      ...{ url, machine: name, secret: this.secretOf(machine), fingerprint: to.fingerprint },
    });
  }

  /** What a machine says; false when it has said so before. Throws what the store does. */
  async add(machine: string, entry: Entry): Promise<boolean> {
    try {
      const isNew = await this.store.add(machine, entry);
      this.answered();
      if (isNew) this.events.look();
      return isNew;
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }

  /** True once for each text; undefined when the store does not answer. */
  async take(text: string): Promise<boolean | undefined> {
    try {
      const taken = await this.store.take(text);
      this.answered();
      return taken;
    } catch (error) {
      this.failed(error);
      return undefined;
    }
  }

  /** What is told of each machine; `unknown` for all while the store does not answer. */
  async told(): Promise<(machine: string) => ToldHistory> {
    try {
      const known = await this.store.list();
      this.answered();
      return (machine) => toldHistory(historyOf(known.get(machine) ?? []));
    } catch (error) {
      this.failed(error);
      return () => unknownHistory;
    }
  }

  /** Machines in each state, `waiting` for those of which nothing is known left out. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>(machineStates.slice(1).map((state) => [state, 0]));
    try {
      for (const entries of (await this.store.list()).values()) {
        const { state } = historyOf(entries);
        counts.set(state, (counts.get(state) ?? 0) + 1);
      }
      this.answered();
      return counts;
    } catch (error) {
      this.failed(error);
      return new Map();
    }
  }

  /** That the first byte of a machine's ISO was sent, or all of it to its last. Nobody waits for it. */
  sent(machine: string, name: Extract<EntryName, 'first-byte' | 'last-byte'>): void {
    const { clock } = this.#options.host;
    const key = `${machine} ${name}`;
    const before = this.#sent.get(key) ?? -Infinity;
    if (this.#waiting >= mostWaiting || clock.monotonic() - before < notedAgainMs) return;
    this.#waiting += 1;
    this.#remember(key, clock.monotonic());
    const at = clock.now();
    this.#noting = this.#noting
      .then(() => this.#note(machine, name, at))
      .catch((error) => {
        this.#sent.delete(key);
        this.failed(error);
      })
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  async #note(machine: string, name: EntryName, at: number): Promise<void> {
    const entry = { name, at, boot: sentBoot(await this.store.get(machine)) };
    if (await this.store.add(machine, entry)) this.events.look();
    this.answered();
  }

  #remember(key: string, when: number): void {
    this.#sent.delete(key);
    this.#sent.set(key, when);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > mostRemembered && oldest !== undefined) this.#sent.delete(oldest);
  }

  /** The log says once that the database is away, and once that it is back. */
  failed(error: unknown): void {
    if (!this.#away) this.#options.log({ event: 'database', state: 'away', error: messageOf(error) });
    this.#away = true;
  }

  answered(): void {
    if (this.#away) this.#options.log({ event: 'database', state: 'back' });
    this.#away = false;
  }

  /** Listeners are let go at once: they would hold up the end. */
  stop(): Promise<void> {
    return this.events.close();
  }

  async close(): Promise<void> {
    await this.#noting;
    await this.store.close();
  }
}
