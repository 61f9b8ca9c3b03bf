/** Runs one command line to its exit code. Nothing below this level chooses an exit code or prints an error. */
import { CommanderError } from 'commander';
import { exitCodeOf, OpsError } from '../errors.ts';
import { withIoFaults } from '../host/io-fault.ts';
import type { Host } from '../host/ports.ts';
import { ToolFailed } from '../host/tool-failed.ts';
import type { CommandContext, CommandDefinition, Terminal } from './command.ts';
import { buildProgram, helpSpelledOut, type Invocation } from './program.ts';
import { commandsOfElsewhere } from './reference/help.ts';
import { failureEvent, failureText } from './report.ts';
import { withSpellings } from './spellings.ts';
import { withoutSystemErrors } from './system-error.ts';
import { listLines } from './terminal/list-lines.ts';
import { lostOutput } from './terminal/lost-output.ts';
import { sudoLine } from './terminal/sudo.ts';
import { withListsApart } from './variadic.ts';
import { opsctlVersion } from './version.ts';

export interface World {
  readonly terminal: Terminal;
  readonly commands: readonly CommandDefinition[];
  readonly host: Host;
  /** See CommandContext; the same as `host` when left out. */
  readonly workstation?: () => Promise<Host>;
  readonly signal: AbortSignal;
}

/** Names under which libraries throw when a person or our own signal stops them. */
const stopNames = ['AbortError', 'AbortPromptError', 'ExitPromptError'];

/** `argv` without the program: `['vm', 'run', '--firmware', 'efi']`. Never throws. */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const { terminal, host, signal } = world;
  let invocation: Invocation | undefined;
  try {
    invocation = await parse(argv, world);
    const exitCode = invocation === undefined ? 0 : await perform(invocation, world);
    await requireWritten(terminal, invocation);
    return exitCode;
  } catch (thrown) {
    const error = withoutSystemErrors(asInterruption(thrown, signal), argv, process.cwd());
    // When the command line itself is wrong, nothing is parsed; look for the word.
    const json = invocation === undefined ? argv.includes('--json') : invocation.options.json === true;
    const verbose = invocation === undefined ? argv.includes('-v') : invocation.verbose;
    if (json) terminal.out(`${JSON.stringify(failureEvent(error, host.clock.now()))}\n`);
    terminal.err(failureText(withSudo(error, argv), terminal, { verbose, version: await opsctlVersion() }));
    return exitCodeOf(error);
  }
}

async function perform({ command, args, options, verbose }: Invocation, world: World): Promise<number> {
  const { terminal, host, signal, workstation = async () => host } = world;
  const action = await command.load?.();
  if (action === undefined) throw new Error(`${command.name} has nothing to run`);
  const context: CommandContext = {
    host: withIoFaults(host),
    workstation: async () => withIoFaults(await workstation()),
    ...{ terminal, signal, verbose },
  };
  return (await action(context, args, options)) ?? 0;
}

/**
 * A result that a full disk has cut off is no result. Where something was done the exit code goes on to say how that ended,
 * and the loss is only told. Throws `output-lost` (refused).
 */
async function requireWritten(terminal: Terminal, invocation: Invocation | undefined): Promise<void> {
  const lost = await lostOutput(terminal);
  if (lost === undefined) return;
  if (onlyPrints(invocation)) throw lost;
  const told = `warning: ${lost.message}. What was done is not affected.`;
  terminal.err(`${listLines(told, terminal)}\n`);
}

/** Help and the version are printed by the parser. */
function onlyPrints(invocation: Invocation | undefined): boolean {
  if (invocation === undefined) return true;
  const { command, options } = invocation;
  return (command.prints === true && options.output === undefined) || options.dryRun === true;
}

/** The command to run; undefined when it was only help or the version. */
async function parse(given: readonly string[], world: World): Promise<Invocation | undefined> {
  const argv = helpSpelledOut(given, world.commands);
  let invocation: Invocation | undefined;
  const program = buildProgram(world.commands, {
    terminal: world.terminal,
    version: await opsctlVersion(),
    elsewhere: await commandsOfElsewhere(world.host.files),
    only: world.commands.find(({ name }) => name === argv[0])?.name,
    onInvoke: (found) => {
      invocation = found;
    },
  });
  try {
    program.parse(withListsApart(withSpellings(argv, world.commands), world.commands), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
  return invocation;
}

/** A program that this one waits for gets the Ctrl-C of the terminal too: that it died is no failure of its own. */
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
