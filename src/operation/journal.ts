/**
 * The journal of an operation: what was asked, what was seen, the plan, every event and every program that was
 * run, as JSON lines in /var/log/bos. It may hold no secret, and what cannot be written stops nothing.
 */
import { dirname } from 'node:path/posix';
import { type Redact, redactor } from '../config/redact.ts';
import { exitCodeOf, messageOf, OpsError } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import type { Emit } from '../plan/events.ts';
import { observed } from './programs.ts';
import { redactedValue } from './redacted.ts';

export const installLogPath = '/var/log/bos/install.log';

export class OperationJournal {
  readonly #host: Host;
  readonly #say: (line: string) => void;
  readonly #path: string;
  #redact: Redact = redactor([]);
  #secrets: readonly string[] = [];
  /** Lines are appended one after the other. */
  #writing: Promise<void> = Promise.resolve();
  #broken = false;

  /** `say` is told once when the journal cannot be written. */
  constructor(host: Host, say: (line: string) => void, path = installLogPath) {
    this.#host = host;
    this.#say = say;
    this.#path = path;
  }

  /** From now on these secrets, too, read `(hidden)`. */
  hide(secrets: readonly string[]): void {
    this.#secrets = [...this.#secrets, ...secrets];
    this.#redact = redactor(this.#secrets);
  }

  /** Takes out of a text what is secret by now. */
  redact(text: string): string {
    return this.#redact(text);
  }

  /** Adds a line; `type` says what it is, the rest is plain JSON. */
  add(type: string, fields: object): void {
    if (this.#broken) return;
    const line = `${this.#redact(JSON.stringify({ v: 1, at: this.#host.clock.now(), type, ...fields }))}\n`;
    this.#writing = this.#writing.then(() => this.#append(line));
  }

  /** The same events for the journal and for `emit`, without secrets. How far a step is has no place in a log. */
  events(emit: Emit): Emit {
    return (event) => {
      if (event.type === 'progress') return emit(event);
      this.add(event.type, event);
      emit(redactedValue(event, this.#redact));
    };
  }

  /** The same host, with every program that it runs in the journal. No argument of a step carries a secret. */
  watched(host: Host): Host {
    const watched = observed(host, ({ command, ms, exitCode, error }) =>
      this.add('program', { command, ms, ...(exitCode === undefined ? errorFields(error) : { exitCode }) }),
    );
    return {
      ...watched,
      files: {
        ...host.files,
        // Who keeps the journal elsewhere gets all of it.
        read: async (path) => {
          if (path === this.#path) await this.flush();
          return host.files.read(path);
        },
      },
    };
  }

  /** How it ended. */
  ended(error?: unknown): void {
    if (error === undefined) this.add('result', { ok: true, exitCode: 0 });
    else this.add('result', { ok: false, exitCode: exitCodeOf(error), ...errorFields(error) });
  }

  /** Waits until everything is in the file. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #append(line: string): Promise<void> {
    try {
      await this.#host.files.makeDir(dirname(this.#path), 0o755);
      const { files } = this.#host;
      if (!(await files.exists(this.#path))) await files.write(this.#path, '', { mode: 0o600 });
      await files.append(this.#path, line);
    } catch (error) {
      if (!this.#broken) this.#say(`${this.#path} cannot be written: ${messageOf(error)}`);
      this.#broken = true;
    }
  }
}

function errorFields(error: unknown): object {
  if (error instanceof OpsError) {
    const { code, message, hint, details } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }), details };
  }
  return { code: 'bug', message: messageOf(error), stack: error instanceof Error ? error.stack : undefined };
}
