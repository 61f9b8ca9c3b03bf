/**
 * What applying the configuration says: a plain line at once, and a JSON line in /var/log/bos/config.log. The
 * latter wait until /var is the one that stays. Secrets are taken out of both.
 */
import { dirname, join } from 'node:path';
import { partsOf } from '../../config/keys/secrets.ts';
import { redactor } from '../../config/redact.ts';
import { messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';

export const configLogPath = '/var/log/bos/config.log';

export interface LogEntry {
  readonly level: 'info' | 'warning' | 'error';
  /** initrd, boot, runtime, or what comes between: config, data-source, state, identity. */
  readonly phase: string;
  readonly key?: string;
  readonly message: string;
}

export class ConfigLog {
  readonly #host: Host;
  readonly #print: (line: string) => void;
  #secrets: readonly string[] = [];
  #waiting: string[] = [];

  constructor(host: Host, print: (line: string) => void) {
    this.#host = host;
    this.#print = print;
  }

  /** From now on these secrets, too, read `(hidden)`. */
  hide(secrets: readonly string[]): void {
    // Longest first, so that one secret inside another leaves no rest of it.
    this.#secrets = [...new Set([...this.#secrets, ...secrets.flatMap(partsOf)])].toSorted(
      (a, b) => b.length - a.length,
    );
  }

  /** The text as it may be shown: without these, and without user and query of URLs. */
  redact(text: string): string {
    return redactor(this.#secrets)(text);
  }

  add({ level, phase, key, message }: LogEntry): void {
    const text = this.redact(message);
    const time = new Date(this.#host.clock.now()).toISOString();
    this.#waiting.push(`${JSON.stringify({ v: 1, at: time, level, phase, key, message: text })}\n`);
    if (level !== 'info') this.#print(`bos: ${phase}: ${key === undefined ? '' : `${key}: `}${text}`);
  }

  /** Appends what waits. A log that cannot be written is said once and stops nothing. */
  async flush(root: string): Promise<void> {
    const lines = this.#waiting.splice(0).join('');
    if (lines === '') return;
    const path = join(root, configLogPath);
    try {
      await this.#host.files.makeDir(dirname(path), 0o755);
      await this.#host.files.append(path, lines);
    } catch (error) {
      this.#print(`bos: ${configLogPath} cannot be written: ${messageOf(error)}`);
    }
  }
}
