/**
 * Runs a program to its end, straight on node:child_process: what libraries for this load and do for each process
 * was a third of the time that the configuration takes of a boot. On a developer's machine execa does the same, see
 * host/workstation.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { RunOptions, RunResult } from '../ports.ts';
import {
  interrupted,
  killAfterMs,
  type RunEnd,
  runOutcome,
  type StopReason,
  usualOutputLimit,
} from '../run-outcome.ts';
import { eachLine } from './lines.ts';
import { atExit, environment, findProgram, missingProgram } from './programs.ts';

/** See the port. */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const program = findProgram(command);
  if (program === undefined) throw missingProgram(command);
  if (options.signal?.aborted) throw interrupted(command);
  const stdinFile = options.inputFile === undefined ? undefined : openSync(options.inputFile, 'r');
  try {
    const start = () => spawn(program, args, spawnOptions(options, command, stdinFile));
    return runOutcome(command, args, options, await untilEnd(start, options));
  } finally {
    if (stdinFile !== undefined) closeSync(stdinFile);
  }
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

async function untilEnd(start: () => ChildProcess, options: RunOptions): Promise<RunEnd> {
  const { onStdout, onStderr, outputLimit = usualOutputLimit } = options;
  let stopped: StopReason | undefined;
  let end: Ended | undefined;
  let cause: unknown;
  const written = { stdout: '', stderr: '' };
  let finish = () => {};
  try {
    const child = start();
    const stopper = stopping(child, options, (reason) => {
      stopped ??= reason;
    });
    finish = stopper.finish;
    for (const [name, onLine] of [['stdout', onStdout] as const, ['stderr', onStderr] as const])
      collect(child[name], onLine, outputLimit, {
        take: (text) => {
          written[name] += text;
        },
        full: () => stopper.stop('output'),
      });
    // A program may end before it has read everything.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
    end = await ended(child);
  } catch (error) {
    cause = error;
  } finally {
    finish();
  }
  const [exitCode, signal] = [end?.exitCode ?? undefined, end?.signal ?? undefined];
  return { exitCode, signal, ...written, stopped, cause };
}

/** What ends the child before its own end. */
function stopping(child: ChildProcess, options: RunOptions, tell: (reason: StopReason) => void) {
  let force: NodeJS.Timeout | undefined;
  const stop = (reason: StopReason) => {
    tell(reason);
    child.kill('SIGTERM');
    force ??= setTimeout(() => {
      child.kill('SIGKILL');
      // What it has left in the background may hold these open for ever.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, killAfterMs);
  };
  const limit =
    options.timeoutMs === undefined ? undefined : setTimeout(() => stop('timeout'), options.timeoutMs);
  const onAbort = () => stop('abort');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const forget = atExit(() => child.kill('SIGTERM'));
  const finish = () => {
    clearTimeout(limit);
    clearTimeout(force);
    options.signal?.removeEventListener('abort', onAbort);
    forget();
  };
  return { stop, finish };
}

/** Hands on the text of a stream as it comes, by itself and by lines; says when it has more than `limit` bytes. */
function collect(
  stream: Readable | null,
  onLine: ((line: string) => void) | undefined,
  limit: number,
  { take, full }: { readonly take: (text: string) => void; readonly full: () => void },
): void {
  if (stream === null) return;
  if (onLine) eachLine(stream, onLine);
  const decoder = new StringDecoder('utf8');
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    take(decoder.write(chunk.subarray(0, Math.max(0, limit - bytes))));
    bytes += chunk.length;
    if (bytes > limit) full();
  });
  stream.on('end', () => take(decoder.end()));
}

interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The end of the process and of its output: what it has left in the background may still write to that. */
const ended = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
