/** What the server says to each request: machines' ISOs, their digests, the list of machines, counts. */
import { messageOf, OpsError, refused } from '../errors.ts';
import { onceKey, tokenFits } from './http/admission.ts';
import { hasFirstByte, hasLastByte, isoType, plainType, planAnswer, sendPlan } from './http/answer-iso.ts';
import { type Exchange, errorText, loggedError } from './http/exchange.ts';
import { type Route, routeOf } from './http/route.ts';
import type { BaseVersion } from './iso/base.ts';
import type { Content } from './iso/content.ts';
import { Digests } from './iso/digests.ts';
import { Fleet } from './iso/fleet.ts';
import { type Listing, listingOf } from './listing.ts';
import { machinesBy } from './machines/by-key.ts';
import { findMachine, requireReadable } from './machines/find.ts';
import { hidingOf } from './machines/secrets.ts';
import type { Machine } from './machines/store.ts';
import { Metrics } from './metrics.ts';
import type { ServeOptions } from './options.ts';
import { pageOf, pagePolicy } from './page/page.ts';
import { askedOf } from './page/view.ts';
import { Acceptor } from './reports/accept.ts';
import { memoryStore } from './reports/memory-store.ts';
import { Reports } from './reports/reports.ts';

type FileRoute = Extract<Route, { readonly name: string }>;

interface Answerable {
  readonly content: Content;
  readonly base: BaseVersion;
  readonly type: string;
  /** Whose configuration is in it, if one is. */
  readonly machine: Machine | undefined;
}

export class Service {
  readonly metrics = new Metrics();
  readonly #options: ServeOptions;
  readonly #fleet: Fleet;
  readonly #reports: Reports;
  readonly #acceptor: Acceptor;
  readonly #digests: Digests;
  readonly #connections: () => number;
  #streams = 0;
  /** Takes a machine's secrets out of what is said of it. */
  readonly #hiding = new WeakMap<Exchange, (text: string) => string>();

  constructor(options: ServeOptions, connections: () => number) {
    const { host, bases, machines, limits, log, reports: store = memoryStore(host.random) } = options;
    this.#options = options;
    this.#connections = connections;
    this.#reports = new Reports({ host, store, log });
    this.#acceptor = new Acceptor({ host, machines, reports: this.#reports, metrics: this.metrics });
    this.#digests = new Digests(host.files);
    this.#fleet = new Fleet({
      ...{ host, bases, machines, cacheBytes: limits.cacheBytes },
      reportFile: (machine) => this.#reports.fileOf(machine, options.reportTo),
      computed: (seconds) => this.metrics.personalised(seconds),
    });
  }

  /** Throws what keeps it from answering, or from going on with an answer. */
  async answer(exchange: Exchange, over: AbortSignal): Promise<void> {
    const { method, url = '/' } = exchange.request;
    const route = routeOf(url);
    const reads = method === 'GET' || method === 'HEAD';
    if (reads || (method === 'POST' && route?.kind === 'report')) exchange.kind = route?.kind ?? 'other';
    if (route?.kind === 'report') return this.#acceptor.answer(exchange, route.machine);
    if (!reads) {
      exchange.text(405, 'Only GET and HEAD are answered.\n', { allow: 'GET, HEAD' });
      exchange.request.resume();
      return;
    }
    if (route === undefined) return notFound(exchange);
    if ('name' in route) return this.#answerFile(exchange, route, over);
    if (route.kind === 'metrics') {
      await this.#answerMetrics(exchange);
      return;
    }
    if (route.kind === 'events') return this.#reports.events.answer(exchange);
    const { host, machines, bases } = this.#options;
    const listing = await listingOf(host.files, machines, bases, await this.#reports.told());
    if (route.kind === 'machines' || wantsJson(exchange)) answerJson(exchange, listing);
    else answerPage(exchange, listing, url);
  }

  /** Says what failed; cuts off what was begun. */
  failed(exchange: Exchange, error: unknown): void {
    const hide = this.#hiding.get(exchange) ?? ((text: string) => text);
    if (exchange.ending !== 'gone') exchange.said.error = loggedError(error, hide);
    if (!(error instanceof OpsError) && exchange.ending === 'failed')
      this.#options.log({ event: 'bug', error: hide(messageOf(error)), stack: hide(stackOf(error)) });
    if (exchange.response.headersSent) exchange.cut();
    else
      exchange.text(
        500,
        errorText(error, (text) => this.#withoutPlaces(hide(text))),
      );
  }

  /** Where bases lie is for the log: clients know them by their names. */
  #withoutPlaces(text: string): string {
    return this.#options.bases.reduce((said, { shown, name }) => said.replaceAll(shown, name), text);
  }

  /** Throws what the store does: without it nothing can be begun. */
  start(): Promise<void> {
    return this.#reports.start();
  }

  /** Ends what would go on for ever. */
  stop(): Promise<void> {
    return this.#reports.stop();
  }

  /** Ends what nobody is sent yet. */
  cut(reason: unknown): void {
    this.#digests.stop(reason);
  }

  async close(): Promise<void> {
    await this.#fleet.close();
    await this.#reports.close();
  }

  async #answerFile(exchange: Exchange, route: FileRoute, over: AbortSignal): Promise<void> {
    const machine = await this.#machineOf(route);
    if (machine === undefined) return notFound(exchange);
    exchange.said.machine = machine.name;
    this.#hiding.set(exchange, hidingOf(machine));
    if (route.kind === 'pxe') return this.#answerNetboot(exchange, machine, route.file, over);
    const [kind, ending, type] =
      route.kind === 'iso' || route.kind === 'digest'
        ? (['iso', 'iso', isoType] as const)
        : (['disk', 'img', plainType] as const);
    if (!(await this.#fleet.has(kind))) return notFound(exchange);
    const { what, base } = await this.#fleet.hold(machine, kind);
    try {
      if (route.kind === 'iso' || route.kind === 'image') {
        await this.#answerContent(exchange, { content: what, base, type, machine }, over);
        return;
      }
      // All digests are of one length.
      const digest = exchange.isHead ? '0'.repeat(64) : await this.#digests.of(what, base);
      exchange.text(200, `${digest}  ${machine.name}.${ending}\n`, { 'cache-control': 'no-cache' });
    } finally {
      await base.release();
    }
  }

  /** That whose token fits. Throws OpsError (refused) `machines-unreadable`; `machine-twice` when hardware is said to be that of several. */
  async #machineOf(route: FileRoute): Promise<Machine | undefined> {
    const { machines } = this.#fleet;
    const isOpen = (machine: Machine) => tokenFits(machine, route.token);
    if (route.kind !== 'pxe' || route.by === 'name') {
      const machine = await findMachine(machines, route.name);
      return machine !== undefined && isOpen(machine) ? machine : undefined;
    }
    const found = machinesBy(await machines.all(), route.by, route.name).filter(isOpen);
    if (found.length === 0) await requireReadable(machines);
    if (found.length <= 1) return found[0];
    const what = route.by === 'mac' ? 'MAC address' : 'serial number';
    throw refused('machine-twice', `${found.length} machines have the ${what} ${route.name}`, {
      details: [found.map(({ name }) => name).join(', ')],
      hint: 'Give it to one of them only.',
    });
  }

  async #answerNetboot(exchange: Exchange, machine: Machine, file: string, over: AbortSignal): Promise<void> {
    const { what, base } = await this.#fleet.holdNetboot(machine);
    try {
      const { script, kernel, initrd } = what;
      const found = [kernel, initrd].find(({ name }) => name === file);
      if (file === script.name) exchange.text(200, script.text);
      else if (found === undefined) notFound(exchange);
      else
        await this.#answerContent(
          exchange,
          { content: found.content, base, type: plainType, machine: found === initrd ? machine : undefined },
          over,
        );
    } finally {
      await base.release();
    }
  }

  async #answerContent(
    exchange: Exchange,
    { content, base, type, machine }: Answerable,
    over: AbortSignal,
  ): Promise<void> {
    const { host, limits } = this.#options;
    const boundary = () => Buffer.from(host.random.bytes(16)).toString('hex');
    const plan = planAnswer(exchange, content, type, boundary);
    const begins = !exchange.isHead && hasFirstByte(plan);
    if (machine?.spec?.once === true && begins && !(await this.#taken(exchange, machine))) return;
    const { range } = exchange.request.headers;
    if (range !== undefined) exchange.said.range = range.slice(0, 100);
    if (machine !== undefined && begins) this.#reports.sent(machine.name, 'first-byte');
    this.#streams += 1;
    const signal = AbortSignal.any([exchange.signal, over]);
    try {
      await sendPlan(exchange, plan, content, { host, limits, base, signal });
      if (machine !== undefined && !exchange.isHead && hasLastByte(plan, content))
        this.#reports.sent(machine.name, 'last-byte');
    } finally {
      this.#streams -= 1;
    }
  }

  /** Whether it may be given out: once, by whichever replica is asked first. Else says why not. */
  async #taken(exchange: Exchange, machine: Machine): Promise<boolean> {
    const taken = await this.#reports.take(onceKey(machine));
    if (taken === undefined)
      exchange.text(503, 'Whether this was given out is not known now; come again.\n', {
        'retry-after': '10',
      });
    else if (!taken) exchange.text(410, 'This is given out once, and was.\n');
    return taken === true;
  }

  async #answerMetrics(exchange: Exchange): Promise<void> {
    const { cache } = this.#fleet;
    const text = this.metrics.text({
      ...{ connections: this.#connections(), streams: this.#streams },
      ...{ cacheBytes: cache.bytes, cacheEntries: cache.entries },
      ...{ listeners: this.#reports.events.listeners, states: await this.#reports.counts() },
    });
    exchange.text(200, text, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  }
}

const notFound = (exchange: Exchange): void => exchange.text(404, 'There is nothing at this address.\n');

/** Whoever asks for JSON and not for HTML; browsers ask for HTML. */
const wantsJson = (exchange: Exchange): boolean => {
  const accept = exchange.header('accept') ?? '';
  return /application\/(?:[\w.-]+\+)?json/i.test(accept) && !/text\/html/i.test(accept);
};

const answerJson = (exchange: Exchange, listing: Listing): void =>
  exchange.text(200, `${JSON.stringify(listing, null, 2)}\n`, {
    ...{ 'content-type': 'application/json; charset=utf-8', vary: 'accept' },
  });

const answerPage = (exchange: Exchange, listing: Listing, url: string): void =>
  exchange.text(200, pageOf(listing, askedOf(url)), {
    ...{ 'content-type': 'text/html; charset=utf-8', vary: 'accept' },
    ...{ 'content-security-policy': pagePolicy, 'referrer-policy': 'no-referrer' },
  });

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? '') : '');
