/** How a program that was run has ended, as its caller is told: the same by whatever it was started. */
import { OpsError } from '../errors.ts';
import type { Child, RunOptions, RunResult } from './ports.ts';
import { ToolFailed } from './tool-failed.ts';

/** Bytes of stdout or stderr that are kept when nothing is said; what a string of V8 can hold is twice as much. */
export const usualOutputLimit = 256 * 1024 * 1024;
/** From the polite signal to the one that cannot be ignored. */
export const killAfterMs = 5_000;

/** Why a program was stopped. */
export type StopReason = 'timeout' | 'abort' | 'output';

export interface RunEnd {
  /** Undefined when a signal ended it, or when it could not be started. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The first reason, when it was stopped. */
  readonly stopped: StopReason | undefined;
  /** Why it could not be started. */
  readonly cause?: unknown;
}

export const interrupted = (command: string) =>
  new OpsError('interrupted', 'interrupted', `${command} was interrupted`);

/** The result, or what is thrown instead of one. */
export function runOutcome(
  command: string,
  args: readonly string[],
  options: RunOptions,
  end: RunEnd,
): RunResult {
  const { exitCode, signal, stdout, stderr, stopped } = end;
  if (stopped === 'abort') throw interrupted(command);
  const { okCodes = [0], outputLimit = usualOutputLimit } = options;
  if (stopped === undefined && exitCode !== undefined && okCodes.includes(exitCode))
    return { exitCode, stdout, stderr };
  throw new ToolFailed(
    {
      ...{ command, args, stdout, stderr, timedOut: stopped === 'timeout' },
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(signal === undefined ? {} : { signal }),
      ...(options.program === undefined ? {} : { program: options.program }),
    },
    stopped === 'output' ? new Error(`it wrote more than ${outputLimit} bytes`) : end.cause,
  );
}

/**
 * The last `limit` characters of a child's standard error, read from now on, when it has closed that: it may have ended
 * before all of it was read.
 */
export function errorOutput({ stderr }: Pick<Child, 'stderr'>, limit = 4096): Promise<string> {
  if (stderr === null) return Promise.resolve('');
  let said = '';
  stderr.on('data', (text: Buffer) => {
    said = (said + text.toString('utf8')).slice(-limit);
  });
  return new Promise((resolve) =>
    stderr.once('close', () => resolve(said)).once('error', () => resolve(said)),
  );
}
