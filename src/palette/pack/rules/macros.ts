/**
 * Macros, `{{.spectro.…}}`, which Palette fills in when a cluster is made: well formed, and of values that are there.
 * Other templates in braces belong to charts and are left alone.
 */
import type { Located, LocatedWord } from '../../../kubernetes/schema/located.ts';
import { valueAt } from '../../../kubernetes/schema/located.ts';
import { isPalettes, macrosIn } from '../../macros.ts';
import type { PackRule, PackText, PackView, Report } from '../pack-view.ts';

export const macroRules: PackRule = (pack, report) => {
  for (const part of [pack.meta, pack.values])
    for (const word of wordsOf(part.root)) checkWord(pack, part, word, report);
};

/** Words that have braces in their text. */
export function* wordsOf(value: Located): Generator<LocatedWord> {
  if (value.kind === 'word') yield value;
  else if (value.kind === 'list') for (const item of value.items) yield* wordsOf(item);
  else for (const entry of value.entries.values()) yield* wordsOf(entry.value);
}

function checkWord(pack: PackView, part: PackText, word: LocatedWord, report: Report): void {
  if (typeof word.value !== 'string') return;
  const raw = part.source.slice(word.offset, word.end);
  // A block of text has its own language.
  if (!raw.includes('spectro') || /^[|>]/.test(raw)) return;
  for (const macro of macrosIn(raw))
    if (macro.inside !== undefined) checkMacro(pack, part, word.offset + macro.offset, macro.inside, report);
    else if (isPalettes(raw, macro.offset))
      report(
        'error',
        part,
        word.offset + macro.offset,
        'begins a macro that is not closed; write }} at its end',
      );
  for (const { index } of raw.matchAll(/(?<!\{)\{\s*\.spectro\.[^{}]*\}/g))
    report(
      'warning',
      part,
      word.offset + index,
      'has one brace around .spectro; a macro has two: {{.spectro.…}}',
    );
}

/** What stands behind `.spectro.`. */
const roots = ['system', 'pack', 'macro', 'var', 'providers'];

function checkMacro(pack: PackView, part: PackText, offset: number, inside: string, report: Report): void {
  const name = inside.trim();
  if (/^spectro\./.test(name)) {
    report('error', part, offset, 'lacks the dot before spectro: {{.spectro.…}}', [
      { offset: offset + 2 + inside.indexOf('spectro'), length: 0, text: '.' },
    ]);
    return;
  }
  if (!name.startsWith('.spectro')) return;
  const [expression = ''] = name.split('|');
  const path = expression.trim();
  if (!/^\.spectro(?:\.[A-Za-z0-9_-]+)+$/.test(path))
    report('error', part, offset, 'is not a macro: names and dots stand behind {{.spectro');
  else if (!roots.includes(path.split('.')[2] ?? ''))
    report(
      'warning',
      part,
      offset,
      `names no part that is known: ${roots.map((root) => `.spectro.${root}`).join(', ')}`,
    );
  else checkOwn(pack, part, offset, path, report);
}

/** A macro for a value of the pack itself. */
function checkOwn(
  { name, values }: PackView,
  part: PackText,
  offset: number,
  path: string,
  report: Report,
): void {
  const prefix = `.spectro.pack.${name}.`;
  if (name === undefined || !path.startsWith(prefix) || values.root.kind !== 'map') return;
  const rest = path.slice(prefix.length).split('.');
  if (leads(values.root, rest)) return;
  report('warning', part, offset, `is for ${rest.join('.')}, which ${values.file} does not have`);
}

/** Keys have dots in them. */
function leads(root: Located, parts: readonly string[]): boolean {
  if (parts.length === 0) return true;
  for (let count = 1; count <= parts.length; count++) {
    const next = valueAt(root, [parts.slice(0, count).join('.')]);
    if (next !== undefined && leads(next, parts.slice(count))) return true;
  }
  return false;
}
