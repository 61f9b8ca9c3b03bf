/** A person whose answers are written down beforehand. */
import { type Ask, WentBack } from '../../../../src/cli/terminal/ask.ts';
import type { Validate } from '../../../../src/cli/terminal/validate-input.ts';

/** Instead of an answer: one question back. */
export const esc = '\x1b';

/** Instead of an answer: away, as the library of the prompts reports it. */
export const ctrlC = '\x03';

/** Questions, each with its answer. */
export type Script = readonly (readonly [question: RegExp, answer: string | boolean])[];

export interface ScriptedAsk extends Ask {
  /** Questions so far, and what was said against answers. */
  readonly heard: string[];
  /** Answers that nobody asked for. */
  readonly left: Script;
}

/**
 * Answers in this order; a question that does not match its entry fails. An answer that is not accepted is followed
 * by the next entry, as a person would type again. Choices are answered with a part of their name, '' for Enter.
 */
export function scriptedAsk(...script: Script): ScriptedAsk {
  const left = [...script];
  const heard: string[] = [];
  const answer = (message: string): string | boolean => {
    const [question, given] = left.shift() ?? [];
    if (question === undefined || given === undefined || !question.test(message))
      throw new Error(`not expected: ${message}`);
    if (given === esc) throw new WentBack();
    if (given === ctrlC) throw Object.assign(new Error('left'), { name: 'ExitPromptError' });
    return given;
  };
  interface Typed {
    readonly message: string;
    readonly default?: string;
    readonly validate?: Validate;
  }
  const typed = async (question: Typed): Promise<string> => {
    const { message, validate } = question;
    heard.push(message);
    for (;;) {
      const text = String(answer(message)) || (question.default ?? '');
      const verdict = (await validate?.(text)) ?? true;
      if (verdict === true) return text;
      heard.push(verdict);
    }
  };
  return {
    heard,
    left,
    input: typed,
    password: typed,
    select: async (question) => {
      const { message, choices } = question;
      heard.push(message);
      const given = String(answer(message));
      const preferred = given === '' && choices.find(({ value }) => value === question.default);
      const choice = preferred || choices.find(({ name }) => name.includes(given));
      if (choice === undefined) throw new Error(`${given} cannot be chosen`);
      return choice.value;
    },
    confirm: async ({ message }) => {
      heard.push(message);
      return answer(message) === true;
    },
  };
}
