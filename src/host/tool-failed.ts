/** A program that ran and failed: what was run, how it ended and the end of what it wrote. */
import { OpsError } from '../errors.ts';
import { whyNamed } from './system-error.ts';

export interface ToolEnd {
  readonly command: string;
  readonly args: readonly string[];
  /** Undefined when a signal ended it. */
  readonly exitCode?: number;
  readonly signal?: string;
  readonly timedOut?: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** As in RunOptions: the program that failed, when `command` only started it. */
  readonly program?: string;
}

/** How many of the last lines of output an error shows. */
const shownLines = 12;
/** Characters of the command line that an error shows: that of an installer of packages names hundreds. */
const shownCommand = 600;

/**
 * Thrown by `Processes.run`. Its kind is `undone`: whoever runs tools leaves no half result; a plan past its point
 * of no return makes it `broken`.
 */
export class ToolFailed extends OpsError {
  readonly command: string;
  readonly args: readonly string[];
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;

  constructor(end: ToolEnd, cause?: unknown) {
    const output = end.stderr.trim() === '' ? end.stdout : end.stderr;
    super('undone', 'tool-failed', `${end.program ?? end.command} ${howItEnded(end, cause)}`, {
      ...(cause === undefined ? {} : { cause }),
      details: [
        `command: ${shortened([end.command, ...end.args].join(' '))}`,
        ...output.trimEnd().split('\n').slice(-shownLines).filter(Boolean),
      ],
    });
    this.command = end.command;
    this.args = end.args;
    this.exitCode = end.exitCode;
    this.signal = end.signal;
    this.timedOut = end.timedOut ?? false;
    this.stdout = end.stdout;
    this.stderr = end.stderr;
  }
}

const shortened = (text: string) => (text.length > shownCommand ? `${text.slice(0, shownCommand)} …` : text);

function howItEnded(end: ToolEnd, cause: unknown): string {
  if (end.timedOut) return 'took too long and was stopped';
  if (end.signal !== undefined) return `was ended by ${end.signal}`;
  if (end.exitCode === undefined && cause !== undefined) return `could not be started: ${whyNamed(cause)}`;
  return `failed with exit code ${end.exitCode}`;
}
