/**
 * Values in the files of systemd: arguments of a command line in a unit, and lines of an environment file. Each has
 * quoting of its own; what is written here is read back by systemd exactly as it was given. Pure.
 */

/**
 * An argument of ExecStart=. systemd takes quotes and C escapes away (systemd.syntax(7), "Quoting") and then expands
 * specifiers, so that `%` is doubled. `$` stays: the command is to begin with `:`, which switches the expansion of
 * variables off (systemd.service(5), "Special executable prefixes"). Always in quotes: a bare `;` would end the
 * command, and nothing would be left of an empty argument. Throws for NUL, which no argument can hold.
 */
export function quoteArgument(argument: string): string {
  if (argument.includes('\0')) throw new Error('an argument holds a NUL byte');
  const escaped = argument
    .replaceAll(/["\\]/g, '\\$&')
    .replaceAll('%', '%%')
    // A line end would end the setting.
    .replaceAll(/\p{Cc}/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${escaped}"`;
}

/** `ExecStart=` with a program that is named by its plain absolute path. */
export const execStart = (program: string, args: readonly string[]): string =>
  ['ExecStart=:', program, ...args.map((argument) => ` ${quoteArgument(argument)}`)].join('');

/**
 * A line of an EnvironmentFile=. Within double quotes a backslash before `"`, `\`, `` ` `` and `$` is taken away and
 * nothing is expanded (systemd.exec(5), EnvironmentFile=). Throws for control characters other than tab and line
 * end: systemd leaves such variables out.
 */
export function environmentLine(name: string, value: string): string {
  if (/[^\P{Cc}\t\n]/u.test(value)) throw new Error(`${name} holds a control character`);
  return `${name}="${value.replaceAll(/["\\`$]/g, '\\$&')}"`;
}
