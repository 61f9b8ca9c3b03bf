/**
 * Runs a program to its end, straight on node:child_process: what libraries for this load and do for each process
 * was a third of the time that the configuration takes of a boot.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { OpsError } from '../../errors.ts';
import type { RunOptions, RunResult } from '../ports.ts';
import { ToolFailed } from '../tool-failed.ts';
import { eachLine } from './lines.ts';
import { atExit, environment, findProgram, missingProgram } from './programs.ts';

/** Characters of stdout or stderr that are kept; a program that writes more is stopped. */
const outputLimit = 512 * 1024 * 1024;
/** From the polite signal to the one that cannot be ignored. */
const killAfterMs = 5_000;

interface End {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** See the port. */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const program = findProgram(command);
  if (program === undefined) throw missingProgram(command);
  const interrupted = () => new OpsError('interrupted', 'interrupted', `${command} was interrupted`);
  if (options.signal?.aborted) throw interrupted();
  const stdinFile = options.inputFile === undefined ? undefined : openSync(options.inputFile, 'r');
  let why: 'timeout' | 'abort' | 'output' | undefined;
  let stdout = '';
  let stderr = '';
  let end: End | undefined;
  let cause: unknown;
  let finish = () => {};
  try {
    const child = spawn(program, args, spawnOptions(options, command, stdinFile));
    const stop = (reason: NonNullable<typeof why>) => {
      why ??= reason;
      child.kill('SIGTERM');
      force ??= setTimeout(() => {
        child.kill('SIGKILL');
        // What it has left in the background may hold these open for ever.
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, killAfterMs);
    };
    let force: NodeJS.Timeout | undefined;
    const limit =
      options.timeoutMs === undefined ? undefined : setTimeout(() => stop('timeout'), options.timeoutMs);
    const onAbort = () => stop('abort');
    options.signal?.addEventListener('abort', onAbort, { once: true });
    const forget = atExit(() => child.kill('SIGTERM'));
    finish = () => {
      clearTimeout(limit);
      clearTimeout(force);
      options.signal?.removeEventListener('abort', onAbort);
      forget();
    };
    collect(child.stdout, options.onStdout, (text) => {
      stdout += text;
      if (stdout.length > outputLimit) stop('output');
    });
    collect(child.stderr, options.onStderr, (text) => {
      stderr += text;
      if (stderr.length > outputLimit) stop('output');
    });
    // A program may end before it has read everything.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
    end = await ended(child);
  } catch (error) {
    cause = error;
  } finally {
    finish();
    if (stdinFile !== undefined) closeSync(stdinFile);
  }
  if (why === 'abort') throw interrupted();
  const exitCode = end?.exitCode ?? undefined;
  if (why === undefined && exitCode !== undefined && (options.okCodes ?? [0]).includes(exitCode))
    return { exitCode, stdout, stderr };
  const signal = end?.signal ?? undefined;
  throw new ToolFailed(
    {
      ...{ command, args, stdout, stderr, timedOut: why === 'timeout' },
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(signal === undefined ? {} : { signal }),
      ...(options.program === undefined ? {} : { program: options.program }),
    },
    why === 'output' ? new Error(`it wrote more than ${outputLimit} characters`) : cause,
  );
}

function spawnOptions(options: RunOptions, command: string, stdinFile: number | undefined): SpawnOptions {
  const inherit = options.inherit ?? false;
  const stdin = stdinFile ?? (options.input === undefined ? 'ignore' : 'pipe');
  return {
    argv0: command,
    env: environment(options.env, inherit),
    stdio: inherit ? 'inherit' : [stdin, 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  };
}

/** Hands on the text of a stream as it comes, by itself and by lines. */
function collect(
  stream: Readable | null,
  onLine: ((line: string) => void) | undefined,
  take: (text: string) => void,
): void {
  if (stream === null) return;
  if (onLine) eachLine(stream, onLine);
  const decoder = new StringDecoder('utf8');
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  stream.on('end', () => take(decoder.end()));
}

/** The end of the process and of its output: what it has left in the background may still write to that. */
const ended = (child: ChildProcess): Promise<End> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
