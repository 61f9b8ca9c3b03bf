/** A shell on a console: logs in and runs commands, told apart from their echo by marks that only a shell can make. */
import { OpsError } from '../errors.ts';
import { type AwaitOptions, type Console, defaultTimeoutMs } from './console.ts';
import type { Match } from './transcript.ts';

export interface CommandResult {
  readonly exitCode: number;
  /** What the command showed, standard error included, with `\n` as line end. */
  readonly stdout: string;
}

/** The end of a prompt of bash or busybox sh; at the end of what is shown, because a greeting may hold one too. */
const prompt = /[$#] $/;
/** Of agetty; `Last login: …` follows later. */
const loginPrompt = /(?<!Last )login: $/;

/** Logs in at the login prompt that is shown or about to be. */
export async function login(
  console: Console,
  user: string,
  options: AwaitOptions & { readonly password?: string } = {},
): Promise<void> {
  const { password } = options;
  const ready = { what: `a prompt for ${user}`, ...options };
  const [next, expected] =
    password === undefined
      ? [prompt, ready]
      : [/[Pp]assword: $/, { what: 'the password prompt', ...options }];
  await awaitPrompt(console, loginPrompt, { what: 'the login prompt', ...options });
  console.type(`${user}\n`);
  // agetty(8) writes its prompt again for a new address; what is typed at that moment is lost.
  const either = new RegExp(`${next.source}|${loginPrompt.source}`);
  const { text } = await awaitPrompt(console, either, expected);
  if (loginPrompt.test(text)) {
    console.type(`${user}\n`);
    await awaitPrompt(console, next, expected);
  }
  if (password === undefined) return;
  console.type(`${password}\n`);
  await awaitPrompt(console, prompt, ready);
}

/** Waits for a prompt. A message of the kernel may follow it on its line: an empty line gets a new one. */
async function awaitPrompt(console: Console, pattern: RegExp, options: AwaitOptions): Promise<Match> {
  const { timeoutMs = defaultTimeoutMs } = options;
  try {
    return await console.awaitText(pattern, { ...options, timeoutMs: timeoutMs * 0.75 });
  } catch (error) {
    if (!(error instanceof OpsError) || error.code !== 'console-timeout') throw error;
    console.type('\n');
    return await console.awaitText(pattern, { ...options, timeoutMs: timeoutMs * 0.25 });
  }
}

let runs = 0;

/**
 * Runs `command` in the shell that waits at its prompt on `console`, and waits for its end.
 * The command may hold anything, newlines too; it must not read the console itself.
 */
export async function runCommand(
  console: Console,
  command: string,
  options: AwaitOptions = {},
): Promise<CommandResult> {
  const id = `${(++runs).toString(36)}.${Math.floor(Math.random() * 1e9).toString(36)}`;
  const what = `the end of: ${command}`;
  console.type(`${markedLine(command, id)}\n`);
  // The echo of the line holds %s where the marks hold the id, so it cannot be taken for them.
  await console.awaitText(`<<${id}:begin>>\n`, { what, ...options });
  const end = new RegExp(`<<${id.replace('.', '\\.')}:(\\d+)>>\n`);
  const match = await console.awaitText(end, { what, ...options });
  await console.awaitText(/[$#] /, { what: 'the prompt', ...options });
  return { exitCode: Number(match.groups[0]), stdout: match.before };
}

/** What is typed for a command: readable where it can be, in base64 where the line editor would change it. */
export function markedLine(command: string, id: string): string {
  // A terminal takes lines of up to 4095 bytes; `!` is history and a tab completes.
  const plain = /^[ -~]*$/.test(command) && !command.includes('!') && command.length < 1000;
  const script = plain
    ? `'${command.replaceAll("'", "'\\''")}'`
    : `"$(printf %s '${Buffer.from(command).toString('base64')}' | base64 -d)"`;
  return ` printf '<<%s:begin>>\\n' ${id}; eval ${script}; printf '<<%s:%d>>\\n' ${id} $?`;
}
