/**
 * init_cmd, boot_cmd and run_cmd: commands of the operator, in order. One that fails is reported with the end of its
 * output and stops nothing. Before run_cmd come the executable /etc/local.d/*.start, by name, as OpenRC runs them at
 * the end of a boot.
 */
import type { KeyName } from '../../../config/keys/keys.ts';
import { messageWithDetails } from '../../../errors.ts';
import type { Applier, ApplyContext } from '../applier.ts';
import { jointApplier, throwAll } from '../applier.ts';
import { runCommand } from './run-command.ts';

/** Nobody can log in before the first two phases are over; in the third a command may well download for a while. */
const startSeconds = 10 * 60;
const runSeconds = 60 * 60;

const shownLines = 10;
const shownName = 60;

const localFolder = '/etc/local.d';

interface Command {
  /** In messages. */
  readonly name: string;
  readonly argv: readonly string[];
}

export const initCommandsApplier = commandsApplier('init_cmd', startSeconds);
export const bootCommandsApplier = commandsApplier('boot_cmd', startSeconds);
export const runCommandsApplier = commandsApplier('run_cmd', runSeconds, localScripts);

/** `limitSeconds` is for each command; `first` gives those that run before the key's, also when it has none. */
export function commandsApplier(
  key: Extract<KeyName, 'init_cmd' | 'boot_cmd' | 'run_cmd'>,
  limitSeconds: number,
  first?: (context: ApplyContext) => Promise<readonly Command[]>,
): Applier {
  return jointApplier({
    name: key,
    keys: [key],
    always: first !== undefined,
    run: async (context) => {
      const lines = context.config[key] ?? [];
      const commands = [...((await first?.(context)) ?? []), ...lines.map(shellCommand)];
      const faults: string[] = [];
      for (const command of commands) {
        const fault = await runOne(context, command, limitSeconds).catch(
          (error) => `${command.name}: ${messageWithDetails(error)}`,
        );
        if (fault !== undefined) faults.push(fault);
      }
      throwAll(faults);
    },
  });
}

function shellCommand(line: string, index: number): Command {
  const text = line.trim().split('\n')[0] ?? '';
  const shown = text.length > shownName ? `${text.slice(0, shownName)}…` : text;
  return { name: `command ${index + 1} (${shown})`, argv: ['/bin/sh', '-c', line] };
}

async function localScripts({ host, path, log }: ApplyContext): Promise<Command[]> {
  const commands: Command[] = [];
  for (const file of await host.files.list(path(localFolder))) {
    if (!file.endsWith('.start') || file.startsWith('.')) continue;
    const name = `${localFolder}/${file}`;
    const stat = await host.files.stat(path(name));
    // What a link leads to shows when it is run.
    const isProgram = stat?.type === 'symlink' || (stat?.type === 'file' && (stat.mode & 0o111) !== 0);
    if (isProgram) commands.push({ name, argv: [path(name)] });
    else log?.(`${name} is skipped: it is not an executable file`);
  }
  return commands;
}

/** Gives the fault, if any. */
async function runOne(
  context: ApplyContext,
  { name, argv }: Command,
  limitSeconds: number,
): Promise<string | undefined> {
  const { failure, output } = await runCommand(context, argv, limitSeconds);
  const text = output.trimEnd();
  context.log?.(`${name}: ${failure ?? 'done'}${text === '' ? '' : `\n${text}`}`);
  if (failure === undefined) return undefined;
  const last = text.split('\n').slice(-shownLines).filter(Boolean);
  return [`${name}: ${failure}`, ...last].join('; ');
}
