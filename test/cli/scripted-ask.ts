/** A person whose answers are written down beforehand. */
import type { Ask, Validate } from '../../src/cli/ask.ts';

export interface ScriptedAsk extends Ask {
  /** Questions so far, and what was said against answers. */
  readonly heard: string[];
  /** Answers that nobody asked for. */
  readonly left: readonly (readonly [RegExp, string | boolean])[];
}

/**
 * Answers in this order; a question that does not match its entry fails. An answer that is not accepted is followed
 * by the next entry, as a person would type again. Choices are answered with a part of their name, '' for Enter.
 */
export function scriptedAsk(...script: readonly (readonly [RegExp, string | boolean])[]): ScriptedAsk {
  const left = [...script];
  const heard: string[] = [];
  const answer = (message: string): string | boolean => {
    const [question, given] = left.shift() ?? [];
    if (question === undefined || given === undefined || !question.test(message))
      throw new Error(`not expected: ${message}`);
    return given;
  };
  const typed = async ({ message, validate }: { message: string; validate?: Validate }): Promise<string> => {
    heard.push(message);
    for (;;) {
      const text = String(answer(message));
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
    select: async ({ message, choices }) => {
      heard.push(message);
      const given = String(answer(message));
      const choice = choices.find(({ name, disabled }) => disabled === undefined && name.includes(given));
      if (choice === undefined) throw new Error(`${given} cannot be chosen`);
      return choice.value;
    },
    confirm: async ({ message }) => {
      heard.push(message);
      return answer(message) === true;
    },
  };
}
