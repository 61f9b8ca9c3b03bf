/** Questions at a terminal, as an interface that tests can answer. */
import { confirm, input, password, select } from '@inquirer/prompts';

export interface Choice<T> {
  readonly name: string;
  readonly value: T;
  /** Why it cannot be chosen now. */
  readonly disabled?: string;
}

/** True, or what is wrong with the answer. */
export type Validate = (value: string) => true | string | Promise<true | string>;

export interface Ask {
  /** The first choice is the one that Enter takes. */
  select<T>(question: { readonly message: string; readonly choices: readonly Choice<T>[] }): Promise<T>;
  input(question: { readonly message: string; readonly validate?: Validate }): Promise<string>;
  /** Shown as stars. */
  password(question: { readonly message: string; readonly validate?: Validate }): Promise<string>;
  /** Enter means no. */
  confirm(question: { readonly message: string }): Promise<boolean>;
}

/** Prompts draw on stderr: stdout is for results. */
export function askAtTerminal(signal: AbortSignal): Ask {
  const context = { signal, output: process.stderr };
  return {
    select: (question) => select(question, context),
    input: (question) => input(question, context),
    password: (question) => password({ ...question, mask: true }, context),
    confirm: (question) => confirm({ ...question, default: false }, context),
  };
}
