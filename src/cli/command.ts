/**
 * A command as data. Help, completion, man pages and docs come from the same tree; what a command does is loaded
 * only when it runs, so that `--help` and `--version` stay fast.
 */
import type { Host } from '../host/ports.ts';

export interface OptionRow {
  /** Commander's notation: `-o, --output <file>`, `--dry-run`. */
  readonly flags: string;
  readonly help: string;
  readonly choices?: readonly string[];
  readonly default?: string | number | boolean;
  /** May be given more than once; the value is a list. */
  readonly repeatable?: boolean;
  readonly hidden?: boolean;
  /** What is typed instead: `--takeover=replace`. */
  readonly spelling?: string;
  /** Of an option with several words: whether a word behind the first one is one of them. */
  readonly belongs?: (word: string) => boolean;
}

export interface ArgumentRow {
  /** `<iso>` required, `[device]` optional, `[artifact...]` many. */
  readonly name: string;
  readonly help: string;
  /** What completion offers; files when left out. */
  readonly words?: readonly string[];
}

export interface Terminal {
  readonly stdinIsTty: boolean;
  readonly stdoutIsTty: boolean;
  readonly stderrIsTty: boolean;
  /** Columns of the terminal, 80 when unknown. */
  readonly columns: number;
  readonly color: boolean;
  /** Writes results. */
  out(text: string): void;
  /** What the system said when it did not take a result; undefined while it takes them, or nobody reads them. */
  outFault?(): Error | undefined;
  /** Writes progress and messages. */
  err(text: string): void;
}

/** What a running command is given. */
export interface CommandContext {
  readonly host: Host;
  /**
   * The same machine with its programs run by execa, loaded when asked for: for what is done on a developer's machine
   * and never inside of the OS.
   */
  workstation(): Promise<Host>;
  readonly terminal: Terminal;
  readonly verbose: boolean;
  /** Aborted by the first SIGINT or SIGTERM; a second one ends the process. */
  readonly signal: AbortSignal;
}

export type OptionValues = Readonly<Record<string, unknown>>;

/** Returns the exit code, 0 when left out; throws OpsError for everything a user should read. */
export type CommandAction = (
  context: CommandContext,
  args: readonly (string | readonly string[] | undefined)[],
  options: OptionValues,
) => Promise<number | undefined>;

export interface CommandDefinition {
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly args?: readonly ArgumentRow[];
  readonly options?: readonly OptionRow[];
  /** Full lines as typed, each with what it does. */
  readonly examples?: readonly { readonly line: string; readonly does: string }[];
  readonly subcommands?: readonly CommandDefinition[];
  /** What it prints is all that it makes, but for a file that `--output` names: an output that is lost is an error. */
  readonly prints?: boolean;
  /** Imports the code: `() => import('./commands/vm/action.ts').then((module) => module.vmRun)`. */
  readonly load?: () => Promise<CommandAction>;
}
