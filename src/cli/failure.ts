/** How a command ends that failed: what a person or a program reads of it, and the exit code. */
import { exitCodeOf, OpsError } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { ToolFailed } from '../host/tool-failed.ts';
import type { Terminal } from './command.ts';
import { failureEvent, failureText } from './report.ts';
import { withoutSystemErrors } from './system-error.ts';
import { sudoLine } from './terminal/sudo.ts';
import { opsctlVersion } from './version.ts';

/** Names under which libraries throw when a person or our own signal stops them. */
const stopNames = ['AbortError', 'AbortPromptError', 'ExitPromptError'];

/** Where it failed. */
export interface FailedWorld {
  readonly terminal: Terminal;
  readonly host: Host;
  readonly signal: AbortSignal;
}

/** Tells what `argv` has thrown, with `json` as an event, too; resolves with the exit code. Never throws. */
export async function failed(
  thrown: unknown,
  argv: readonly string[],
  { terminal, host, signal }: FailedWorld,
  { json, verbose }: { readonly json: boolean; readonly verbose: boolean },
): Promise<number> {
  const error = withoutSystemErrors(asInterruption(thrown, signal), argv, process.cwd());
  if (json) terminal.out(`${JSON.stringify(failureEvent(error, host.clock.now()))}\n`);
  terminal.err(failureText(withSudo(error, argv), terminal, { verbose, version: await opsctlVersion() }));
  return exitCodeOf(error);
}

/** Ctrl-C reaches the program that we wait for, too: that it died then is not a failure of its own. */
function asInterruption(error: unknown, signal: AbortSignal): unknown {
  const died = signal.aborted && error instanceof ToolFailed;
  if (died || (error instanceof Error && stopNames.includes(error.name))) {
    return new OpsError('interrupted', 'interrupted', 'Interrupted.', { cause: error });
  }
  return error;
}

/** Codes of errors that root would not get. */
const needsRoot = ['not-root', 'root-required'];

/** Who is not root reads the whole command line to type. Not for --json: it can hold a URL with a token. */
function withSudo(error: unknown, argv: readonly string[]): unknown {
  if (!(error instanceof OpsError) || !needsRoot.includes(error.code)) return error;
  const { kind, code, message, details, cause } = error;
  return new OpsError(kind, code, message, {
    hint: `Run it with sudo: \`${sudoLine(argv)}\`.`,
    details,
    cause,
  });
}
