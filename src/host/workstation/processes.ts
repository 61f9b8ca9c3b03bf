/** Processes by execa, to the letter as host/linux has them. */
import { closeSync, openSync } from 'node:fs';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { execa, type Options } from 'execa';
import { eachLine } from '../linux/lines.ts';
import { processes as withoutLibrary } from '../linux/processes.ts';
import { atExit, dyingWithParent, environment, findProgram, missingProgram } from '../linux/programs.ts';
import type { Child, Processes, RunOptions } from '../ports.ts';
import { interrupted, killAfterMs, type RunEnd, runOutcome, usualOutputLimit } from '../run-outcome.ts';

/**
 * What holds for all: the environment is the clean one alone, output is bytes, ends are told and not thrown. execa's
 * own cleaning up listens for signals, which are for the command line to answer.
 */
const common = {
  ...{ extendEnv: false, cleanup: false, reject: false },
  ...{ encoding: 'buffer', stripFinalNewline: false, verbose: 'none' },
} as const satisfies Options;

export const processes: Processes = {
  ...withoutLibrary,

  run: async (command, args, options = {}) => {
    const program = findProgram(command);
    if (program === undefined) throw missingProgram(command);
    if (options.signal?.aborted) throw interrupted(command);
    const stdinFile = options.inputFile === undefined ? undefined : openSync(options.inputFile, 'r');
    try {
      const start = () => spawned(program, args, runOptions(options, command, stdinFile));
      return runOutcome(command, args, options, await untilEnd(start, options));
    } finally {
      if (stdinFile !== undefined) closeSync(stdinFile);
    }
  },

  start: (command, args, options = {}) => {
    const program = findProgram(command);
    if (program === undefined) throw missingProgram(command);
    const inherit = options.inherit ?? false;
    const child = execa(...dyingWithParent(program, args), {
      ...{ ...common, buffer: false, forceKillAfterDelay: false },
      ...{ env: environment(options.env, inherit), stdio: inherit ? 'inherit' : 'pipe' },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const forget = atExit(() => child.kill('SIGKILL'));
    const exited: Child['exited'] = new Promise((resolve, reject) => {
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
      child.once('error', reject);
      // Whatever kept it from starting before there was a process.
      child.then(({ cause }) => reject(cause));
    });
    exited.then(forget, forget);
    return {
      pid: child.pid ?? -1,
      stdin: child.stdin,
      stdout: unread(child.stdout),
      stderr: unread(child.stderr),
      exited,
      kill: (signal = 'SIGTERM') => {
        child.kill(signal);
      },
    };
  },
};

type RunningOptions = Options & typeof common;
const spawned = (program: string, args: readonly string[], options: RunningOptions) =>
  execa(program, args, options);
type RunningChild = ReturnType<typeof spawned>;

function runOptions(options: RunOptions, command: string, stdinFile: number | undefined): RunningOptions {
  const { inherit = false, input, cwd, timeoutMs, signal, outputLimit = usualOutputLimit } = options;
  return {
    ...{ ...common, argv0: command, forceKillAfterDelay: killAfterMs, maxBuffer: outputLimit },
    env: environment(options.env, inherit),
    ...(inherit ? { stdio: 'inherit' } : {}),
    // Any descriptor is taken; the types know those up to 9.
    ...(inherit || stdinFile === undefined ? {} : { stdin: stdinFile as 3 }),
    ...(inherit || stdinFile !== undefined ? {} : input === undefined ? { stdin: 'ignore' } : { input }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  };
}

async function untilEnd(start: () => RunningChild, options: RunOptions): Promise<RunEnd> {
  const { onStdout, onStderr } = options;
  let child: RunningChild;
  try {
    child = start();
  } catch (cause) {
    // Arguments that no program can be given.
    return { exitCode: undefined, signal: undefined, stdout: '', stderr: '', stopped: undefined, cause };
  }
  if (child.stdout && onStdout) eachLine(child.stdout, onStdout);
  if (child.stderr && onStderr) eachLine(child.stderr, onStderr);
  const stopper = stopping(child, options);
  const result = await child;
  stopper.finish();
  const text = (bytes: unknown) => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString('utf8') : '');
  return {
    ...{ exitCode: result.exitCode, signal: result.signal },
    ...{ stdout: text(result.stdout), stderr: text(result.stderr) },
    stopped: stopper.full()
      ? 'output'
      : result.isCanceled
        ? 'abort'
        : result.timedOut
          ? 'timeout'
          : undefined,
    cause: result.cause,
  };
}

/** What execa leaves to do when it has to end a program, and who ends it with this process. */
function stopping(child: RunningChild, options: RunOptions) {
  const { signal, timeoutMs, outputLimit = usualOutputLimit } = options;
  const timers: NodeJS.Timeout[] = [];
  // What the program has left in the background may hold these open for ever.
  const releaseAfter = (ms: number) => {
    const release = () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    timers.push(setTimeout(release, ms));
  };
  if (timeoutMs !== undefined) releaseAfter(timeoutMs + killAfterMs);
  const onAbort = () => releaseAfter(killAfterMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  let full = false;
  // execa only reads no further: a program that then waits would be waited for.
  const count = (stream: Readable | null) => {
    let bytes = 0;
    stream?.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes <= outputLimit || full) return;
      full = true;
      child.kill('SIGTERM');
      releaseAfter(killAfterMs);
    });
  };
  count(child.stdout);
  count(child.stderr);
  const forget = atExit(() => child.kill('SIGTERM'));
  const finish = () => {
    for (const timer of timers) clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    forget();
  };
  return { full: () => full, finish };
}

/** execa throws away what nobody reads at once; who has started a child may come to that later. */
function unread(stream: Readable | null): Readable | null {
  if (stream === null) return null;
  const waiting = new PassThrough();
  pipeline(stream, waiting, () => {});
  return waiting;
}
