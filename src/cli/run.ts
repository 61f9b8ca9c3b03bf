/** Runs one command line to its exit code. Nothing below this level chooses an exit code or prints an error. */
import { CommanderError } from 'commander';
import { withIoFaults } from '../host/io-fault.ts';
import type { Host } from '../host/ports.ts';
import type { CommandContext, CommandDefinition, Terminal } from './command.ts';
import { failed } from './failure.ts';
import { buildProgram, helpSpelledOut, type Invocation } from './program.ts';
import { commandsOfElsewhere } from './reference/help.ts';
import { withSpellings } from './spellings.ts';
import { listLines } from './terminal/list-lines.ts';
import { lostOutput } from './terminal/lost-output.ts';
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
    // When the command line itself is wrong, nothing is parsed; look for the word.
    const json = invocation === undefined ? argv.includes('--json') : invocation.options.json === true;
    const verbose = invocation === undefined ? argv.includes('-v') : invocation.verbose;
    return await failed(thrown, argv, { terminal, host, signal }, { json, verbose });
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
