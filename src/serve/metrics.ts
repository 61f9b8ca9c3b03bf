/** Counts of what was served, in the text format of Prometheus (version 0.0.4). */

export interface Gauges {
  readonly connections: number;
  readonly streams: number;
  readonly cacheBytes: number;
  readonly cacheEntries: number;
  readonly listeners: number;
  /** Machines in each state; empty when that is not known. */
  readonly states: ReadonlyMap<string, number>;
}

export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #ended = new Map<string, number>();
  readonly #reports = new Map<string, number>();
  #bytes = 0;
  #personalised = 0;
  #seconds = 0;
  #refused = 0;

  request(kind: string, status: number): void {
    count(this.#requests, `kind="${kind}",status="${status}"`);
  }

  /** How the sending of an ISO ended: `complete`, `gone`, `stalled`, `changed`, `stopped`, `failed`. */
  ended(how: string, bytes: number): void {
    count(this.#ended, `how="${how}"`);
    this.#bytes += bytes;
  }

  /** A report and what became of it: `accepted`, `known`, `refused`, `unavailable`. */
  report(name: string, result: string): void {
    count(this.#reports, `report="${name}",result="${result}"`);
  }

  personalised(seconds: number): void {
    this.#personalised += 1;
    this.#seconds += seconds;
  }

  refused(): void {
    this.#refused += 1;
  }

  text(gauges: Gauges): string {
    const rows = (name: string, counts: ReadonlyMap<string, number>) =>
      [...counts].map(([labels, value]) => `${name}{${labels}} ${value}\n`).join('');
    const one = (name: string, type: 'counter' | 'gauge', help: string, value: number) =>
      `${head(name, type, help)}${name} ${value}\n`;
    return [
      head('opsctl_serve_requests_total', 'counter', 'Requests that were answered.'),
      rows('opsctl_serve_requests_total', this.#requests),
      head(
        'opsctl_serve_streams_ended_total',
        'counter',
        'ISOs and parts of them, by how sending them ended.',
      ),
      rows('opsctl_serve_streams_ended_total', this.#ended),
      head('opsctl_serve_reports_total', 'counter', 'Reports of machines, by what became of them.'),
      rows('opsctl_serve_reports_total', this.#reports),
      head('opsctl_serve_machines', 'gauge', 'Machines of which something is known, by their state.'),
      rows(
        'opsctl_serve_machines',
        new Map([...gauges.states].map(([state, number]) => [`state="${state}"`, number])),
      ),
      one('opsctl_serve_sent_bytes_total', 'counter', 'Bytes of ISOs that were sent.', this.#bytes),
      one('opsctl_serve_personalised_total', 'counter', 'Times an ISO was computed.', this.#personalised),
      one('opsctl_serve_personalised_seconds_total', 'counter', 'Time that took.', this.#seconds),
      one('opsctl_serve_refused_total', 'counter', 'Requests beyond a limit.', this.#refused),
      one('opsctl_serve_connections', 'gauge', 'Open connections.', gauges.connections),
      one('opsctl_serve_streams', 'gauge', 'ISOs that are being sent.', gauges.streams),
      one('opsctl_serve_listeners', 'gauge', 'Who listens to changes of machines.', gauges.listeners),
      one('opsctl_serve_cache_bytes', 'gauge', 'Memory that computed ISOs take.', gauges.cacheBytes),
      one('opsctl_serve_cache_entries', 'gauge', 'Computed ISOs that are kept.', gauges.cacheEntries),
    ].join('');
  }
}

const head = (name: string, type: string, help: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

function count(counts: Map<string, number>, labels: string): void {
  counts.set(labels, (counts.get(labels) ?? 0) + 1);
}
