/** Questions at a terminal, as an interface that tests can answer. */
import { styleText } from 'node:util';
import { confirm, password, select } from '@inquirer/prompts';
import { consoleStream } from './simple-console.ts';
import { textPrompt } from './text-prompt.ts';
import type { Validate } from './validate-input.ts';

export interface Choice<T> {
  readonly name: string;
  readonly value: T;
  /** How the answer is shown; the name when left out. */
  readonly short?: string;
}

/** Each may throw WentBack instead of answering. */
export interface Ask {
  /** Enter takes the default, or else the first choice. */
  select<T>(question: {
    readonly message: string;
    readonly choices: readonly Choice<T>[];
    readonly default?: T;
    /** No question comes before it: Esc leaves. */
    readonly first?: boolean;
  }): Promise<T>;
  input(question: {
    readonly message: string;
    /** What Enter alone answers. */
    readonly default?: string;
    readonly validate?: Validate;
    /** What is still wrong while it is being typed; quick, and said softly. */
    readonly hint?: (value: string) => string | undefined;
  }): Promise<string>;
  /** Shown as stars. */
  password(question: {
    readonly message: string;
    readonly validate?: Validate;
    /** Leaves nothing on the screen: whether it counts is known later. */
    readonly fleeting?: boolean;
  }): Promise<string>;
  /** Enter means no, or the default. */
  confirm(question: { readonly message: string; readonly default?: boolean }): Promise<boolean>;
}

/** Esc was pressed: one question back. */
export class WentBack extends Error {
  override readonly name = 'WentBack';
}

/** Ctrl-C at a prompt, which has the terminal in raw mode: no signal, an error of the library. */
export const isCtrlC = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ExitPromptError';

/** Prompts draw on stderr: stdout is for results. */
export function askAtTerminal(signal: AbortSignal): Ask {
  const output = consoleStream(process.stderr, process.env);
  const withEscape = <T>(ask: (context: PromptContext) => Promise<T>) => escapable(signal, output, ask);
  return {
    select: ({ first = false, ...question }) =>
      withEscape((context) =>
        select({ ...question, theme: keysTold('Up, Down: move. Enter: select.', first) }, context),
      ),
    input: (question) => withEscape((context) => textPrompt(question, context)),
    password: ({ fleeting = false, ...question }) =>
      withEscape((context) => {
        context.clearPromptOnDone = fleeting;
        return password({ ...question, mask: true, theme: keysTold('Ctrl-T: show what you type.') }, context);
      }),
    confirm: (question) => withEscape((context) => confirm({ default: false, ...question }, context)),
  };
}

/** Which keys there are, in words: consoles have no glyphs for them. */
const keysTold = (keys: string, first = false) => ({
  style: { keysHelpTip: () => styleText('dim', `${keys} Esc: ${first ? 'quit' : 'back'}.`) },
});

interface PromptContext {
  readonly signal: AbortSignal;
  readonly output: NodeJS.WriteStream;
  /** Looked at when the prompt ends: what was left unanswered goes from the screen. */
  clearPromptOnDone: boolean;
}

/**
 * The library knows no Esc, but ends a prompt by a signal. Node tells a lone Esc from the beginning of an arrow key
 * by half a second without another byte (readline's escapeCodeTimeout).
 */
async function escapable<T>(
  signal: AbortSignal,
  output: NodeJS.WriteStream,
  ask: (context: PromptContext) => Promise<T>,
): Promise<T> {
  const back = new AbortController();
  const context = {
    signal: AbortSignal.any([signal, back.signal]),
    output,
    clearPromptOnDone: false,
  };
  const listen = (_text: string | undefined, key: { readonly name?: string } | undefined) => {
    if (key?.name !== 'escape') return;
    context.clearPromptOnDone = true;
    back.abort();
  };
  process.stdin.on('keypress', listen);
  try {
    return await ask(context);
  } catch (error) {
    if (back.signal.aborted && !signal.aborted) throw new WentBack();
    throw error;
  } finally {
    process.stdin.off('keypress', listen);
  }
}
