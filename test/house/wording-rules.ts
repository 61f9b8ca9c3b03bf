/** What of docs/style.md can be held by machine: each rule as a function from a source to its faults. */
import { type Literal, literalsOf } from './literals.ts';
import type { ProjectFile } from './project-files.ts';

/** Phrases that read like a translation, and what to say. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/(?<!there )\bis no (?!longer\b|more\b)/i, 'is not a'],
  [/(?<!there )\bare no (?!longer\b|more\b)/i, 'are not'],
  [/\bnone of\b/i, 'name what it is not'],
  [/\bas (it is|was) asked for\b/i, 'as requested'],
  [/\b(spoken of|speaks? of|is said of)\b/i, 'refers to'],
  [/\bwith nothing given\b/i, 'without NAME'],
  [/\bfor ever\b/i, 'always'],
  [/\bgoes with no\b/i, 'cannot be combined with'],
  [/\bnobody gives\b/i, 'is not given'],
  [/\bwas looked at\b/i, 'was inspected'],
  [/\bmakes no sense\b/i, 'is invalid'],
  [/\banew\b(?! at every boot|:|, | on this| with)/i, 'again'],
  [/\bthe same again\b/i, 'repeat'],
  [/\bnot as it should be\b/i, 'say what is wrong'],
  [/\bplease\b/i, 'leave it out'],
  [/\b(cannot|could not) be had\b/i, 'cannot be fetched'],
  [/\bswitch(ed|es)? (itself )?off\b/i, 'turn off, power off'],
  [/\bin circles\b/i, 'a loop'],
];

/** Names that stay in lower case at the beginning of a message. */
const names =
  /^(apt-get|boot\.img|core\.img|curl|dmsetup|efibootmgr|iPXE|lsblk|opsctl|bos\.[a-z_.]+|config_url)\b/;

/** The verbs that the title of a step may begin with. docs/style.md says what each stands for. */
export const stepVerbs =
  'Add|Boot|Change|Check|Copy|Detach|Erase|Format|Keep|Leave|Link|Make|Mark|Mount|Name|Read|Remove|Stop|Unmount|Update|Use|Write'.split(
    '|',
  );

export interface Fault {
  readonly path: string;
  readonly text: string;
  readonly rule: string;
}

/** All faults of a source. */
export function wordingFaults({ path, text }: ProjectFile): Fault[] {
  const literals = path.endsWith('.ts') ? literalsOf(text) : [{ text, start: 0, end: text.length }];
  const rules = [phraseFaults, markFaults, messageFaults, hintFaults, helpFaults, verbFaults];
  return rules.flatMap((rule) => rule(path, text, literals)).map((fault) => ({ path, ...fault }));
}

type Rule = (path: string, code: string, literals: readonly Literal[]) => Omit<Fault, 'path'>[];

const phraseFaults: Rule = (_path, _code, literals) =>
  literals.flatMap(({ text }) =>
    phrases
      .filter(([phrase]) => text.includes(' ') && phrase.test(text))
      .map(([, better]) => ({ text, rule: `reads like a translation; say: ${better}` })),
  );

/** Scripts and menus are code: their spaces and marks mean something. */
const script = /\n|[$][({][a-z]|\\[a-z]/;

const markFaults: Rule = (_path, _code, literals) =>
  literals
    .filter(({ text }) => / /.test(text) && !script.test(text.replaceAll(/\$\{[^}]*\}/g, '')))
    .flatMap(({ text }) => [
      ...(/[a-z]!(\s|$)/i.test(text) ? [{ text, rule: 'no exclamation marks' }] : []),
      ...(/[a-z.,;] {2,}[a-z]/i.test(text) ? [{ text, rule: 'no double spaces' }] : []),
    ]);

/** The text of an OpsError begins with a capital, a placeholder, a path, an option or a name. */
const messageFaults: Rule = (_path, code, literals) =>
  firstsAfter(code, literals, /(?:\b(?:usage|refused)\(|\bnew OpsError\(\s*'\w+',)\s*'[\w-]+',\s*$/).flatMap(
    ({ text }) => [
      ...(/^[a-z]/.test(text) && !names.test(text)
        ? [{ text, rule: 'a message begins with a capital' }]
        : []),
      ...(/^[^.:;]* [^.:;]*\.$/.test(text)
        ? [{ text, rule: 'a message of one clause has no full stop' }]
        : []),
    ],
  );

const hintFaults: Rule = (_path, code, literals) =>
  [...code.matchAll(/\bhint:/g)].flatMap(({ index }) => {
    const end = expressionEnd(code, index + 5, literals);
    return outermost(literals)
      .filter((literal) => literal.start > index && literal.end <= end)
      .filter((literal) => !/^\s*\+/.test(code.slice(literal.end)))
      .filter((literal) => !/[=!]==\s*$|\(\s*$/.test(code.slice(0, literal.start)))
      .filter(({ text }) => !/[.?}]$/.test(text))
      .map(({ text }) => ({ text, rule: 'a hint ends with a full stop' }));
  });

const helpFaults: Rule = (path, code, literals) => {
  const keys = path.startsWith('src/config/keys/');
  if (!keys && !path.startsWith('src/cli/')) return [];
  return firstsAfter(code, literals, /\b(?:help|summary):\s*$/).flatMap(({ text }) => {
    if (keys) return /^[A-Z].*\.$/s.test(text) ? [] : [{ text, rule: 'the help of a key is a sentence' }];
    return [
      ...(/^[A-Z][a-z]/.test(text) && !/^(Bhojpur|Debian)/.test(text)
        ? [{ text, rule: 'the help of an option begins in lower case' }]
        : []),
      ...(text.endsWith('.') ? [{ text, rule: 'the help of an option has no full stop' }] : []),
    ];
  });
};

const verbFaults: Rule = (path, code, literals) =>
  path.startsWith('src/steps/')
    ? [...code.matchAll(/\bdescribe(?:\(|: \()/g)].flatMap(({ index }) => {
        const title = outermost(literals).find(
          ({ start, text }) =>
            start > index && /^\w+ /.test(text) && !/[=!]==\s*$/.test(code.slice(0, start)),
        );
        if (title === undefined || stepVerbs.includes(title.text.split(' ')[0] ?? '')) return [];
        return [{ text: title.text, rule: 'a step begins with a verb of docs/style.md' }];
      })
    : [];

const firstsAfter = (code: string, literals: readonly Literal[], before: RegExp): Literal[] =>
  literals.filter(({ start }) => before.test(code.slice(Math.max(0, start - 160), start)));

/** Without those inside the placeholders of another. */
const outermost = (literals: readonly Literal[]): Literal[] =>
  literals.filter((inner) => !literals.some(({ start, end }) => start < inner.start && inner.end < end));

/** Where the expression that begins at `start` ends: at a comma or a bracket that it has not opened. */
function expressionEnd(code: string, start: number, literals: readonly Literal[]): number {
  let depth = 0;
  for (let index = start; index < code.length; index += 1) {
    const literal = literals.find((candidate) => candidate.start === index);
    if (literal !== undefined) {
      index = literal.end - 1;
      continue;
    }
    const character = code[index] ?? '';
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
    if (depth < 0 || (depth === 0 && (character === ',' || character === ';'))) return index;
  }
  return code.length;
}
