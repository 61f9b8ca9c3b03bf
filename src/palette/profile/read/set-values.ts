/** `set` of a pack in the file of a profile: single values, changed in the text of all of them. */
import { type Path, pathText } from '../../../kubernetes/schema/check-schema.ts';
import { valueAt } from '../../../kubernetes/schema/located.ts';
import { type Edit, edited } from '../../edits.ts';
import { readYaml } from '../../yaml/read-yaml.ts';
import { setEdit } from '../../yaml/set-value.ts';
import type { At, Tell, TextPart } from '../findings.ts';
import type { SourceView } from './view.ts';

interface PlacedEdit extends Edit {
  /** Where the new value stands. */
  readonly at: At;
}

/** The values with what `set` says; as they are where there is none. What cannot be set is told. */
export function withSet(
  view: SourceView,
  path: Path,
  values: TextPart | undefined,
  tell: Tell,
): TextPart | undefined {
  const names = view.names(...path, 'set');
  if (names.length === 0) return values;
  const error = (place: Path, message: string) =>
    tell('error', view.placeAt(...place), message, pathText(place));
  if (values === undefined) {
    error(
      [...path, 'set'],
      'has no values to change; they are those of a folder, of values or of values_file',
    );
    return undefined;
  }
  const { root } = readYaml(values.text);
  // That it is not YAML is told of the values themselves.
  if (root === undefined) return values;
  const edits: PlacedEdit[] = [];
  for (const name of names) {
    const place = [...path, 'set', name];
    const value = valueAt(view.root, place);
    if (value?.kind !== 'word' || value.value === null) {
      error(place, 'expected a single value');
      continue;
    }
    const result = setEdit(values.text, root, name, value.value);
    if ('fault' in result) error(place, result.fault);
    else if (edits.some(({ offset }) => offset === result.edit.offset)) error(place, 'is set twice');
    else edits.push({ ...result.edit, at: view.placeAt(...place) });
  }
  return editedPart(
    values,
    edits.toSorted((a, b) => a.offset - b.offset),
  );
}

/** The text with the changes, whose places are those of the text before, and of the new values. */
function editedPart(part: TextPart, edits: readonly PlacedEdit[]): TextPart {
  return {
    text: edited(part.text, edits),
    at: (offset) => {
      let shift = 0;
      for (const edit of edits) {
        const begin = edit.offset + shift;
        if (offset < begin) break;
        if (offset < begin + edit.text.length) return edit.at;
        shift += edit.text.length - edit.length;
      }
      return part.at(offset - shift);
    },
  };
}
