/** QEMU's machine protocol: JSON lines over a socket (docs/interop/qmp-spec.txt). */
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { OpsError } from '../errors.ts';

const reply = z.looseObject({
  id: z.number().optional(),
  return: z.unknown().optional(),
  error: z.object({ class: z.string(), desc: z.string() }).optional(),
  event: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

export interface QmpEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Qmp {
  readonly #socket: Duplex;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  #next = 1;
  #closed: Error | undefined;

  /** Takes a connected socket; call `open` before anything else. */
  constructor(socket: Duplex) {
    this.#socket = socket;
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') this.#take(line);
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#close());
  }

  /** Leaves the negotiation mode, in which QEMU takes no other command. */
  async open(): Promise<void> {
    await this.execute('qmp_capabilities');
  }

  /** Runs a command; throws OpsError `qemu-refused` with QEMU's words. */
  async execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (this.#closed !== undefined) throw this.#closed;
    const id = this.#next++;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, {
        resolve,
        reject: (cause) =>
          reject(new OpsError('undone', 'qemu-refused', `${command}: ${cause.message}`, { cause })),
      });
    });
    this.#socket.write(
      `${JSON.stringify({ execute: command, id, ...(args === undefined ? {} : { arguments: args }) })}\n`,
    );
    return answer;
  }

  /** The next event that `wanted` accepts. Call it before the command that causes the event. */
  async nextEvent(wanted: (event: QmpEvent) => boolean, timeoutMs = 60_000): Promise<QmpEvent> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#listeners.delete(listener);
        reject(new OpsError('undone', 'qemu-timeout', `QEMU did not answer within ${timeoutMs / 1000} s`));
      }, timeoutMs);
      const listener = (event: QmpEvent) => {
        if (!wanted(event)) return;
        this.#listeners.delete(listener);
        clearTimeout(timer);
        resolve(event);
      };
      this.#listeners.add(listener);
    });
  }

  #take(line: string): void {
    const message = reply.parse(JSON.parse(line));
    if (message.event !== undefined) {
      const event = { name: message.event, data: message.data ?? {} };
      for (const listener of this.#listeners) listener(event);
      return;
    }
    const pending = message.id === undefined ? undefined : this.#pending.get(message.id);
    // The greeting has neither an id nor an event.
    if (pending === undefined || message.id === undefined) return;
    this.#pending.delete(message.id);
    if (message.error === undefined) pending.resolve(message.return);
    else pending.reject(new Error(message.error.desc));
  }

  #close(): void {
    this.#closed = new Error('QEMU has closed its control socket');
    for (const pending of this.#pending.values()) pending.reject(this.#closed);
    this.#pending.clear();
  }
}
