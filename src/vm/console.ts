/** A serial console: types into it and waits for what it shows. */
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { OpsError } from '../errors.ts';
import { type Match, Transcript } from './transcript.ts';

/** Long enough for a slow step of a guest under emulation on a busy machine. */
export const defaultTimeoutMs = 120_000;
const shownLines = 30;

export interface AwaitOptions {
  readonly timeoutMs?: number;
  /** What is waited for, in words, for the error: `the login prompt`. */
  readonly what?: string;
}

interface Waiter {
  readonly pattern: string | RegExp;
  readonly what: string;
  readonly resolve: (match: Match) => void;
  readonly reject: (error: Error) => void;
}

export class Console {
  readonly #transcript = new Transcript();
  readonly #output: Writable;
  #waiter: Waiter | undefined;
  #ended: string | undefined;

  constructor(input: Readable, output: Writable) {
    this.#output = output;
    const decoder = new StringDecoder('utf8');
    input.on('data', (chunk: Buffer) => {
      this.#transcript.append(decoder.write(chunk));
      this.#settle();
    });
    // A guest that is gone takes its socket along; whoever waits hears of it through `end`.
    input.on('error', () => {});
    output.on('error', () => {});
  }

  /**
   * Waits for `pattern` in what is shown after the last match. One wait at a time.
   * Throws OpsError `console-timeout` or `machine-ended` with the last lines of the console.
   */
  async awaitText(pattern: string | RegExp, options: AwaitOptions = {}): Promise<Match> {
    if (this.#waiter !== undefined) throw new Error('the console is already being waited for');
    const { timeoutMs = defaultTimeoutMs, what = String(pattern) } = options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiter = undefined;
        reject(
          this.#error('console-timeout', `The console did not show ${what} within ${timeoutMs / 1000} s`),
        );
      }, timeoutMs);
      this.#waiter = {
        pattern,
        what,
        resolve: (match) => {
          clearTimeout(timer);
          resolve(match);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#settle();
    });
  }

  /** Sends `text` as it is; a line ends in `\n`. */
  type(text: string): void {
    this.#output.write(text);
  }

  /** What was shown so far is not matched any more. */
  skip(): void {
    this.#transcript.skip();
  }

  /** Everything shown so far, as plain text. */
  get text(): string {
    return this.#transcript.text;
  }

  tail(lines = shownLines): string[] {
    return this.#transcript.tail(lines);
  }

  /** Nothing more will come, and why: ends a wait at once. */
  end(reason: string): void {
    this.#ended ??= reason;
    this.#settle();
  }

  #settle(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    const match = this.#transcript.take(waiter.pattern);
    if (match === undefined && this.#ended === undefined) return;
    this.#waiter = undefined;
    if (match !== undefined) waiter.resolve(match);
    else
      waiter.reject(
        this.#error('machine-ended', `${this.#ended} while the console was to show ${waiter.what}`),
      );
  }

  #error(code: string, message: string): OpsError {
    return new OpsError('undone', code, message, {
      details: ['the end of the console:', ...this.tail().map((line) => `  | ${line}`)],
    });
  }
}
