/** Runs a command of the configuration as root: within a time limit, in a clean environment, its output kept. */
import type { Host } from '../../../host/ports.ts';
import { ToolFailed } from '../../../host/tool-failed.ts';
import type { ApplyContext } from '../applier.ts';
import { checkEnvironment } from '../environment/environment-file.ts';

export interface CommandEnd {
  /** How it failed, without its output; undefined when it did not. */
  readonly failure?: string;
  /** The last of what it wrote to stdout and stderr, at most `shownBytes`. */
  readonly output: string;
}

const shownBytes = 64 * 1024;

const cleanEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
} as const;

/**
 * The output goes to a file ($0), not a pipe: a process that the command leaves in the background can then go on
 * writing, and nothing waits for it.
 */
const intoFile = 'exec >"$0" 2>&1; exec "$@"';

/** Those that this process has run. */
let commands = 0;

/** How long after a polite signal comes the one that cannot be ignored. */
const killAfterSeconds = 10;

/**
 * Runs `argv` (an absolute program and its arguments) in the folder `/` of the root, for at most `limitSeconds`. Throws
 * `interrupted` when the run is stopped.
 */
export async function runCommand(
  { host, config, path, signal }: ApplyContext,
  argv: readonly string[],
  limitSeconds: number,
): Promise<CommandEnd> {
  const output = path(`/run/bos/command-${host.system.pid}-${++commands}.out`);
  await host.files.makeDir(path('/run/bos'), 0o755);
  await host.files.write(output, '', { mode: 0o600 });
  // timeout(1) ends what the command has started, too, as far as that stayed in its process group.
  const limit = ['/usr/bin/timeout', `--kill-after=${killAfterSeconds}`, String(limitSeconds)];
  const { variables } = checkEnvironment(config['bos.environment'] ?? {});
  const began = host.clock.monotonic();
  try {
    await host.processes.run('/bin/sh', ['-c', intoFile, output, ...limit, ...argv], {
      cwd: path('/'),
      env: { ...cleanEnvironment, ...variables },
      ...(signal && { signal }),
    });
    return { output: await endOf(host, output) };
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    const isLate = host.clock.monotonic() - began >= limitSeconds * 1000;
    return { failure: failureOf(error, isLate, limitSeconds), output: await endOf(host, output) };
  } finally {
    await host.files.remove(output);
  }
}

function failureOf({ exitCode, signal }: ToolFailed, isLate: boolean, limitSeconds: number): string {
  // timeout(1), EXIT STATUS: 124, or its own end by SIGKILL where that signal was needed.
  if (isLate && (exitCode === 124 || signal === 'SIGKILL'))
    return `it took longer than ${limitSeconds} s and was stopped`;
  return exitCode === undefined ? `it was ended by ${signal}` : `exit code ${exitCode}`;
}

async function endOf({ files }: Host, path: string): Promise<string> {
  const file = await files.open(path, 'r');
  try {
    const start = Math.max(0, file.size - shownBytes);
    return Buffer.from(await file.read(start, shownBytes)).toString('utf8');
  } finally {
    await file.close();
  }
}
