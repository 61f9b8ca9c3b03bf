/** A person at a terminal makes a pack: which kind, then what that kind needs and the command line has not said. */
import {
  type Answers,
  answerOf,
  type FieldName,
  fields,
  type KindName,
  kindNames,
  kinds,
} from '../../../palette/init/request.ts';
import { addonTypes } from '../../../palette/pack/schema/pack-json.ts';
import type { Ask } from '../../terminal/ask.ts';
import { validateInput } from '../../terminal/validate-input.ts';
import { withWayBack } from '../../terminal/way-back.ts';

export interface Asked {
  readonly kind: KindName;
  readonly answers: Answers;
}

/** Throws `left` (interrupted). */
export function askForPack(
  ask: Ask,
  tell: (text: string) => void,
  given: { readonly kind: KindName | undefined; readonly answers: Answers },
): Promise<Asked> {
  return withWayBack(
    ask,
    tell,
    async (talk) => {
      const kind =
        given.kind ??
        (await talk.select<KindName>({
          message: 'Which kind of pack?',
          choices: kindNames.map((value) => ({ name: kinds[value].title, value, short: value })),
        }));
      const answers: Partial<Record<FieldName, string>> = { ...given.answers };
      for (const name of kinds[kind].fields)
        if (answers[name] === undefined) {
          const answer = (await question(talk, name, answerOf({ kind, answers }, name))).trim();
          if (answer !== '') answers[name] = answer;
        }
      return { kind, answers };
    },
    'opsctl pack init',
  );
}

function question(ask: Ask, name: FieldName, known: string): Promise<string> {
  const { question: message, check } = fields[name];
  if (name === 'addonType')
    return ask.select({ message, choices: addonTypes.map((value) => ({ name: value, value })) });
  // Without a namespace charts go where Palette puts them.
  const validate = validateInput(
    name === 'namespace' ? (text) => (text === '' ? undefined : check(text)) : check,
  );
  return ask.input({ message, validate, ...(known === '' ? {} : { default: known }) });
}
