/**
 * The YAML of a pack as values that know where they stand. Palette fills in macros before it reads the YAML, so one that
 * stands without quotes is a word here, too.
 */
import { type Document, LineCounter } from 'yaml';
import { documentsWithinBudget, manifestBudget, OverBudget } from '../../config/yaml/budgeted-document.ts';
import { syntaxFaults, syntaxMessage } from '../../config/yaml/syntax-faults.ts';
import { type Located, locate } from '../../kubernetes/schema/located.ts';
import type { Edit } from '../edits.ts';
import { documentedMistake } from './documented-mistakes.ts';

export interface YamlFault {
  readonly severity: 'error' | 'warning';
  readonly offset: number;
  readonly message: string;
  readonly edits?: readonly Edit[];
}

export interface ReadYaml {
  /** undefined for what is no YAML; an empty text is a word that holds nothing. */
  readonly root: Located | undefined;
  readonly faults: readonly YamlFault[];
}

/** Values of the largest charts; they are read on a person's machine. */
const packBudget = { ...manifestBudget, expected: 'values for Palette' };

/** Stands for a letter of a macro: of Unicode's private use, so in no text of a person. */
const stand = '\uE000';

/** Whether a text holds a macro, which only Palette knows the value of. */
export const hasMacro = (text: string): boolean => text.includes('{{') || text.includes(stand);

/**
 * The first document of a text; there must be no other. Never throws for what the text holds. `plain` is for a text that
 * nobody fills in before it is read: there a macro needs quotes.
 */
export function readYaml(text: string, plain?: { readonly expected: string }): ReadYaml {
  const refused = text.search(control);
  if (refused >= 0) return { root: undefined, faults: [controlFault(text, refused)] };
  const readable = plain === undefined ? withoutMacros(text) : text;
  let documents: readonly Document[];
  try {
    documents = documentsWithinBudget(readable, new LineCounter(), { ...packBudget, ...plain });
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error;
    return { root: undefined, faults: [{ severity: 'error', offset: error.offset, message: error.message }] };
  }
  const [document, another] = documents;
  if (document === undefined) return { root: { kind: 'word', offset: 0, end: 0, value: null }, faults: [] };
  const syntax = syntaxOf(text, readable, document);
  if (syntax.length > 0) return { root: undefined, faults: syntax };
  const faults: YamlFault[] = [];
  if (another !== undefined) {
    const message = 'begins another document; only the first one is used';
    faults.push({ severity: 'error', offset: another.range?.[0] ?? 0, message });
  }
  try {
    const root = locate(document, (offset, message) => faults.push({ severity: 'error', offset, message }));
    return { root, faults };
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error;
    return { root: undefined, faults: [{ severity: 'error', offset: error.offset, message: error.message }] };
  }
}

/** YAML 1.2.2, 5.1, c-printable: no control characters; the readers of Kubernetes refuse a text with one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const control = /[\0-\x08\x0b\x0c\x0e-\x1f]/;

function controlFault(text: string, offset: number): YamlFault {
  const code = (text.codePointAt(offset) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return { severity: 'error', offset, message: `holds the character U+${code}, which YAML does not allow` };
}

/** Macros that are values by themselves, or begin one, to words of the same length. */
const withoutMacros = (text: string): string =>
  text.includes('{{')
    ? text.replaceAll(
        /(^|[:-])([ \t]+)(\{\{[^{}\n]*\}\})/gm,
        (_, before: string, blank: string, macro: string) =>
          before === '' ? `${blank}${macro}` : `${before}${blank}${stand.repeat(macro.length)}`,
      )
    : text;

function syntaxOf(text: string, readable: string, { errors }: Document): readonly YamlFault[] {
  const [first] = errors;
  if (first === undefined) return [];
  const known = documentedMistake(text);
  if (known !== undefined) return [{ severity: 'error', ...known }];
  const faults = syntaxFaults(readable, errors);
  if (faults.length === 0)
    return [{ severity: 'error', offset: first.pos[0], message: syntaxMessage(first) }];
  return faults.map((fault) => ({ severity: 'error', ...fault }));
}
