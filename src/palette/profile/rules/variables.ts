/** Variables of a profile: declared, of a format, used; and macros in the texts of its packs, well formed. */
import { didYouMean } from '../../../config/nearest.ts';
import { isPalettes, macrosIn, variableOf } from '../../macros.ts';
import type { Tell, TextPart } from '../findings.ts';
import { variableFormats } from '../model.ts';
import type { MaybeText, ProfileParts, VariableParts } from '../parts.ts';
import { formatFault, isFormat, matches } from './formats.ts';

export function variableRules(profile: ProfileParts, tell: Tell): void {
  const names = new Set<string>();
  const shown = new Set<string>();
  for (const variable of profile.variables) {
    once(variable.name, names, 'name', tell);
    once(variable.displayName, shown, 'display name', tell);
    checkVariable(variable, tell);
  }
  checkUses(profile, names, tell);
}

function once(text: MaybeText, seen: Set<string>, what: string, tell: Tell): void {
  if (text === undefined || text.value === '') return;
  if (seen.has(text.value))
    tell('error', text.at, `is the ${what} of another variable; it must be unique`, 'variables');
  seen.add(text.value);
}

function checkVariable(variable: VariableParts, tell: Tell): void {
  const { name, displayName, format, defaultValue, regex, at } = variable;
  const key = `variables.${name?.value ?? '?'}`;
  if (name !== undefined && !/^[A-Za-z0-9_-]+$/.test(name.value) && name.value !== '')
    tell(
      'error',
      name.at,
      'must be letters, digits, hyphens and underscores, as it stands behind .spectro.var.',
      key,
    );
  if (displayName === undefined && name !== undefined)
    tell('warning', at, 'has no name to show; Palette asks for one', key);
  const kind = format?.value ?? 'string';
  if (format !== undefined && !isFormat(kind))
    tell(
      'error',
      format.at,
      `"${kind}" is not a format (${variableFormats.join(', ')})${didYouMean(kind, variableFormats)}`,
      key,
    );
  checkDefault(variable, key, tell);
  if (regex === undefined || regex.value === '') return;
  const probe = defaultValue?.value ?? '';
  const matched = matches(regex.value, probe);
  if (matched === undefined) {
    if (matches(regex.value, '') === undefined)
      tell('error', regex.at, 'is not a regular expression', `${key}.regex`);
  } else if (!matched && probe !== '' && !probe.includes('{{'))
    tell('error', defaultValue?.at ?? regex.at, 'does not match the regular expression of the variable', key);
}

function checkDefault(variable: VariableParts, key: string, tell: Tell): void {
  const { at, format, defaultValue, required, hidden, immutable, isSensitive } = variable;
  const value = defaultValue?.value ?? '';
  if (value === '') {
    if (hidden && required)
      tell('error', at, 'is hidden and required, but has no default: nobody could give one', key);
    if (immutable) tell('error', at, 'is immutable, but has no default: nobody could give one', key);
    return;
  }
  if (isSensitive)
    tell('warning', defaultValue?.at ?? at, 'is sensitive, but its default stands here as plain text', key);
  const kind = format?.value ?? 'string';
  if (value.includes('{{') || !isFormat(kind)) return;
  const fault = formatFault(kind, value);
  if (fault === undefined) return;
  const found = isSensitive ? '' : `, found "${value.slice(0, 64)}"`;
  tell('error', defaultValue?.at ?? at, `has the format ${kind}: ${fault}${found}`, `${key}.default`);
}

function checkUses(profile: ProfileParts, names: ReadonlySet<string>, tell: Tell): void {
  const used = new Set<string>();
  for (const { values, manifests, folder } of profile.packs) {
    // Macros of a pack in a folder have been checked with it.
    if (values !== undefined) scan(values, folder?.ownValues === true, names, used, tell);
    for (const { content } of manifests) if (content !== undefined) scan(content, false, names, used, tell);
  }
  for (const { value } of profile.labels.values())
    for (const { inside = '' } of macrosIn(value)) used.add(variableOf(inside) ?? '');
  for (const { name, at } of profile.variables)
    if (name !== undefined && name.value !== '' && !used.has(name.value))
      tell('warning', at, 'is declared, but no pack uses it', `variables.${name.value}`);
}

/** Faults of one text that get a place of their own: a text can use a million. */
const mostPlaced = 1000;

function scan(
  part: TextPart,
  checked: boolean,
  names: ReadonlySet<string>,
  used: Set<string>,
  tell: Tell,
): void {
  const { text } = part;
  const inComment = commentsOf(text);
  let told = 0;
  const error = (offset: number, message: () => string) => {
    told += 1;
    if (told <= mostPlaced) tell('error', part.at(offset), message());
  };
  for (const { offset, inside } of macrosIn(text)) {
    if (inside === undefined) {
      if (!checked && isPalettes(text, offset) && !inComment(offset))
        error(offset, () => 'begins a macro that is not closed; write }} at its end');
      continue;
    }
    const name = variableOf(inside);
    if (name === undefined || inComment(offset)) continue;
    used.add(name);
    if (!names.has(name))
      error(offset, () => `uses ${name}, which is not declared in variables${didYouMean(name, [...names])}`);
  }
  if (told > mostPlaced)
    tell('error', part.at(0), `uses ${told - mostPlaced} more macros and variables that are not right`);
}

/** Whether a place is in a line that YAML passes over; asked from front to back. */
function commentsOf(text: string): (offset: number) => boolean {
  let [begin, end] = [0, -1];
  let comment = false;
  return (offset) => {
    if (offset > end) {
      begin = text.lastIndexOf('\n', offset - 1) + 1;
      end = text.indexOf('\n', offset);
      if (end < 0) end = text.length;
      comment = /^[ \t]*#/.test(text.slice(begin, end));
    }
    return comment;
  };
}
