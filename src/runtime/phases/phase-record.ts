/** Runs the actions of one phase, each on its own, and keeps what became of them for the log and the status. */
import type { Diagnostic } from '../../config/diagnostics.ts';
import { messageWithDetails } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import type { RunPhase } from '../appliers/applier.ts';
import type { Fault, PhaseStatus } from '../status/config-status.ts';
import type { ConfigLog, LogEntry } from './log.ts';

export class PhaseRecord {
  readonly phase: RunPhase;
  readonly #host: Host;
  readonly #log: ConfigLog;
  readonly #startTime: number;
  readonly #startMonotonic: number;
  readonly #signal: AbortSignal | undefined;
  #faults: Fault[] = [];
  #applied = 0;
  #failed = 0;

  constructor(host: Host, log: ConfigLog, phase: RunPhase, signal?: AbortSignal) {
    this.#host = host;
    this.#log = log;
    this.phase = phase;
    this.#signal = signal;
    this.#startTime = host.clock.now();
    this.#startMonotonic = host.clock.monotonic();
  }

  get failed(): number {
    return this.#failed;
  }

  /** Faults of the sources that this phase works with. */
  addSources(diagnostics: readonly Diagnostic[]): void {
    for (const { severity, place, key, message } of diagnostics) {
      // A note has lost nothing.
      if (severity === 'note') continue;
      this.#faults.push({
        severity,
        kind: 'source',
        place,
        ...(key === undefined ? {} : { key }),
        message: this.#log.redact(message),
      });
    }
  }

  /** Something worth knowing about a key; an error counts as its failure. `area` is what the log calls this part. */
  note(level: LogEntry['level'], key: string, message: string, area: string = this.phase): void {
    this.#log.add({ level, phase: area, key, message });
    if (level === 'info') return;
    if (level === 'error') this.#failed += 1;
    this.#faults.push({ severity: level, kind: 'action', key, message: this.#log.redact(message) });
  }

  /**
   * Whether it had its effect. What nobody asked for (`asked` false) is worth a word only when it fails. Throws what
   * the action threw once the run was asked to stop: that says nothing about the key.
   */
  async attempt(
    key: string,
    action: () => Promise<void>,
    { area = this.phase, asked = true }: { readonly area?: string; readonly asked?: boolean } = {},
  ): Promise<boolean> {
    try {
      await action();
      if (asked) {
        this.#applied += 1;
        this.note('info', key, 'applied', area);
      }
      return true;
    } catch (error) {
      if (this.#signal?.aborted) throw error;
      this.note('error', key, messageWithDetails(error), area);
      return false;
    }
  }

  status(): PhaseStatus {
    return {
      at: new Date(this.#startTime).toISOString(),
      durationMs: Math.round(this.#host.clock.monotonic() - this.#startMonotonic),
      applied: this.#applied,
      failed: this.#failed,
      faults: this.#faults,
    };
  }
}
