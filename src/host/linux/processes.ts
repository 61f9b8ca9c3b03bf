/** Processes: `run` through execa, `start` for children that live beside this process. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { OpsError, refused } from '../../errors.ts';
import type { Child, Processes, RunOptions } from '../ports.ts';
import { ToolFailed } from '../tool-failed.ts';
import { eachLine } from './lines.ts';

export const processes: Processes = {
  run: async (command, args, options = {}) => {
    if (findProgram(command) === undefined) throw missing(command);
    // Loaded here: it costs more than all of `opsctl --version` may.
    const { execa } = await import('execa');
    const inherit = options.inherit ?? false;
    const child = execa(command, args, {
      env: environment(options.env, inherit),
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
      maxBuffer: 512 * 1024 * 1024,
      ...(inherit
        ? { stdio: 'inherit' }
        : options.input === undefined && options.inputFile === undefined
          ? { stdin: 'ignore' }
          : {}),
      ...(inherit || options.inputFile === undefined ? {} : { inputFile: options.inputFile }),
      ...(inherit || options.input === undefined ? {} : { input: options.input }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    });
    if (options.onStdout && child.stdout) eachLine(child.stdout as Readable, options.onStdout);
    if (options.onStderr && child.stderr) eachLine(child.stderr as Readable, options.onStderr);
    const result = await child;

    const stdout = typeof result.stdout === 'string' ? result.stdout : '';
    const stderr = typeof result.stderr === 'string' ? result.stderr : '';
    const { exitCode, signal } = result;
    if (result.isCanceled) throw new OpsError('interrupted', 'interrupted', `${command} was interrupted`);
    if (exitCode !== undefined && (options.okCodes ?? [0]).includes(exitCode)) {
      return { exitCode, stdout, stderr };
    }
    const end = { command, args, stdout, stderr, timedOut: result.timedOut };
    throw new ToolFailed(
      {
        ...end,
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(signal === undefined ? {} : { signal }),
      },
      result.cause,
    );
  },

  start: (command, args, options = {}) => {
    const program = findProgram(command);
    if (program === undefined) throw missing(command);
    const inherit = options.inherit ?? false;
    const child = spawn(...dyingWithParent(program, args), {
      env: environment(options.env, inherit),
      stdio: inherit ? 'inherit' : 'pipe',
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const killAtExit = () => child.kill('SIGKILL');
    atExit.add(killAtExit);
    const exited: Child['exited'] = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
    const forget = () => atExit.delete(killAtExit);
    exited.then(forget, forget);
    return {
      pid: child.pid ?? -1,
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      exited,
      kill: (signal = 'SIGTERM') => {
        child.kill(signal);
      },
    };
  },

  which: async (command) => findProgram(command),
};

/** What to do with the children of `start` when this process ends. */
const atExit = new Set<() => void>();
process.once('exit', () => {
  for (const kill of atExit) kill();
});

/** Where system tools live that a normal user's PATH may lack. */
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

function searchPath(): string[] {
  const own = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return [...new Set([...own, ...systemFolders])];
}

/** Passed on when set: where temporary files go, and the proxy that downloads need. */
const passedOn = ['TMPDIR', 'http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy'];

function environment(extra: RunOptions['env'], terminal: boolean): Record<string, string> {
  const env: Record<string, string> = {
    PATH: searchPath().join(delimiter),
    HOME: process.env.HOME ?? '/root',
    LC_ALL: 'C.UTF-8',
  };
  for (const name of terminal ? [...passedOn, 'TERM'] : passedOn) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return { ...env, ...extra };
}

function findProgram(command: string): string | undefined {
  const candidates = command.includes('/') ? [command] : searchPath().map((folder) => join(folder, command));
  return candidates.find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** An exit handler does not run when this process is killed; the kernel's parent-death signal does. */
function dyingWithParent(program: string, args: readonly string[]): [string, string[]] {
  const setpriv = findProgram('setpriv');
  return setpriv === undefined
    ? [program, [...args]]
    : [setpriv, ['--pdeathsig', 'KILL', '--', program, ...args]];
}

function missing(command: string): OpsError {
  return refused('tool-missing', `the program ${command} is not installed`, {
    hint: `Install the Debian package that has it (apt-file search bin/${command}), or run "make".`,
  });
}
