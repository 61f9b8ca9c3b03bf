/**
 * Keys on the kernel command line: repeated keys make lists, `key[sub.key]=value` makes maps, `key.field=value`
 * objects, a bare boolean key means true. What is not ours is left alone.
 */
import { usage } from '../../errors.ts';
import type { Config, LayerEntry, LayerValue, ObjectValue, Parsed } from '../config.ts';
import type { Diagnostic, Place } from '../diagnostics.ts';
import type { FieldRow, ObjectsRow } from '../keys/key-types.ts';
import type { KeyName, Row } from '../keys/keys.ts';
import { allNames, findKey, rows } from '../keys/keys.ts';
import { checkString, expectation } from '../keys/values.ts';
import { didYouMean } from '../nearest.ts';
import { shownName } from '../shown-name.ts';
import type { KernelArgument } from './kernel-arguments.ts';
import { countBeforeInit, escapeValue, splitKernelArguments, unescapeValue } from './kernel-arguments.ts';

export const commandLineName = 'kernel command line';

export interface ParsedCommandLine extends Parsed {
  /** Arguments that are not ours, as they stood. */
  readonly others: readonly KernelArgument[];
}

/** What a name on the command line means. */
interface Target {
  readonly row: Row;
  /** The part in brackets, for a map. */
  readonly sub?: string;
  readonly field?: FieldRow;
}

/**
 * Parses /proc/cmdline or any such text; what follows `--` is for init and not ours. `file` names it in diagnostics.
 * The initrd reads the keys that it needs by the same rules (os/initrd/lib/command-line.sh).
 */
export function parseCommandLine(text: string, file: string = commandLineName): ParsedCommandLine {
  const entries = new Map<KeyName, LayerEntry>();
  const diagnostics: Diagnostic[] = [];
  const others: KernelArgument[] = [];
  // The kernel's own line has no end of line: /proc adds it.
  const found = splitKernelArguments(text.replace(/\n$/, ''));
  const forInit = countBeforeInit(found);
  for (const argument of found.slice(0, forInit)) {
    const place: Place = { file, line: 1, column: argument.offset + 1 };
    const target = findTarget(argument.name);
    if (target === undefined) {
      others.push(argument);
      if (!seemsOurs(argument.name)) continue;
      const key = shownName(argument.name);
      const guess = key === argument.name ? didYouMean(key, [...allNames(), ...fieldNames()]) : '';
      diagnostics.push({ severity: 'warning', place, key, message: `is not a key${guess}` });
      continue;
    }
    const value = argument.value === undefined ? undefined : unescapeValue(argument.value);
    const problem = fault(target, value);
    if (problem !== undefined) {
      diagnostics.push({ severity: 'error', place, key: argument.name, message: problem });
      if (target.field === undefined) continue;
    }
    const { row } = target;
    // A faulty field stays as a mark: its object is dropped as a whole below.
    const shown = problem === undefined ? value : faultyField;
    entries.set(row.name, { value: add(entries.get(row.name)?.value, target, shown), place });
  }
  for (const row of rows) if (row.type === 'objects') keepWhole(row, entries, diagnostics);
  return {
    layer: { kind: 'command-line', entries },
    diagnostics,
    others: [...others, ...found.slice(forInit)],
  };
}

/** No value holds a NUL. */
const faultyField = '\0';

/** Objects without what they need are told and dropped, and those with a faulty field, which was told, as well. */
function keepWhole(
  row: Row & ObjectsRow,
  entries: Map<KeyName, LayerEntry>,
  diagnostics: Diagnostic[],
): void {
  const entry = entries.get(row.name);
  if (entry === undefined) return;
  const objects = entry.value as readonly ObjectValue[];
  const complete = objects.filter((object) =>
    fieldsOf(row).every(({ name, required }) => !required || Object.hasOwn(object, name)),
  );
  if (complete.length < objects.length) {
    const message = `expected ${row.name}.${row.fields[0].name}= for each`;
    diagnostics.push({ severity: 'error', place: entry.place, key: row.name, message });
  }
  const whole = complete.filter((object) => !Object.values(object).includes(faultyField));
  if (whole.length < objects.length) entries.set(row.name, { ...entry, value: whole });
}

/** Names that only a typing error keeps from being ours. The kernel and its modules have none such. */
const seemsOurs = (name: string): boolean => {
  const parent = findKey(name.slice(0, Math.max(0, name.lastIndexOf('.'))));
  return name.startsWith('bos.') || parent?.type === 'objects';
};

/** `bos.wifi.name`: the fields of objects as they are written here. */
const fieldNames = (): string[] =>
  rows.flatMap((row) =>
    row.type === 'objects' ? fieldsOf(row).map((field) => `${row.name}.${field.name}`) : [],
  );

function findTarget(name: string): Target | undefined {
  const bracket = name.indexOf('[');
  if (bracket > 0 && name.endsWith(']')) {
    const row = findKey(name.slice(0, bracket));
    return row && { row, sub: unescapeValue(name.slice(bracket + 1, -1)) };
  }
  const row = findKey(name);
  if (row !== undefined) return { row };
  const dot = name.lastIndexOf('.');
  const parent = dot > 0 ? findKey(name.slice(0, dot)) : undefined;
  const field =
    parent?.type === 'objects' ? fieldsOf(parent).find((f) => f.name === name.slice(dot + 1)) : undefined;
  return parent && field && { row: parent, field };
}

const fieldsOf = (row: ObjectsRow): readonly FieldRow[] => row.fields;

/** What is wrong with the argument, or undefined. An empty value empties a list. */
function fault({ row, sub, field }: Target, value: string | undefined): string | undefined {
  if (sub !== undefined && row.type !== 'map')
    return `does not take [${sub}]: expected ${expectation(row.type)}`;
  if (row.type === 'boolean') {
    return value === undefined || value === 'true' || value === 'false'
      ? undefined
      : 'expected true, false or no value';
  }
  if (value === undefined) return 'expected a value after =';
  if (row.type === 'map') {
    return sub === undefined || sub === '' ? `expected ${row.name}[NAME]=VALUE` : checkString(row, value);
  }
  if (row.type === 'objects') {
    if (field !== undefined) return checkString(field, value);
    const wanted = fieldsOf(row).map(({ name }) => `${row.name}.${name}=`);
    return value === '' ? undefined : `expected ${wanted.join(', ')}`;
  }
  return row.type === 'strings' && value === '' ? undefined : checkString(row, value);
}

/** The value of the key with this argument added. */
function add(
  earlier: LayerValue | undefined,
  { row, sub, field }: Target,
  value: string | undefined,
): LayerValue {
  if (row.type === 'boolean') return value !== 'false';
  const text = value ?? '';
  if (row.type === 'string') return text;
  if (row.type === 'map') {
    return { ...(earlier as Record<string, string> | undefined), ...Object.fromEntries([[sub, text]]) };
  }
  if (row.type === 'strings') return [...((earlier ?? []) as string[]), ...(text === '' ? [] : [text])];
  const objects = [...((earlier ?? []) as ObjectValue[])];
  if (field === undefined) return objects;
  // A field that the last object has already begins the next one.
  const last = objects.at(-1);
  if (last === undefined || Object.hasOwn(last, field.name)) return [...objects, { [field.name]: text }];
  return [...objects.slice(0, -1), { ...last, [field.name]: text }];
}

/**
 * The words (unquoted) that say `config` on a command line; parsing them gives the same values. Give them to
 * renderKernelCommandLine or to boot/command-line.ts. Empty maps say nothing. Throws `not-on-command-line`
 * (usage) for binary content, empty list elements and NUL.
 */
export function configWords(config: Config): string[] {
  return rows.flatMap((row) => {
    const value: LayerValue | undefined = config[row.name];
    return value === undefined || value === null ? [] : wordsOf(row, value);
  });
}

function wordsOf(row: Row, value: Exclude<LayerValue, null>): string[] {
  const { name } = row;
  if (typeof value === 'boolean') return [`${name}=${value}`];
  if (typeof value === 'string') return [`${name}=${portable(name, value)}`];
  if (!Array.isArray(value)) {
    return Object.entries(value).map(
      ([sub, text]) => `${name}[${escapeValue(sub, ' =[]')}]=${portable(name, text ?? '')}`,
    );
  }
  if (value.length === 0) return [`${name}=`];
  if (row.type !== 'objects') {
    return (value as readonly string[]).map(
      (text) => `${name}=${portable(name, text === '' ? undefined : text)}`,
    );
  }
  return (value as readonly ObjectValue[]).flatMap((object) =>
    fieldsOf(row)
      .filter((field) => object[field.name] !== undefined)
      .map((field) => `${name}.${field.name}=${portable(name, object[field.name])}`),
  );
}

function portable(name: string, value: string | Uint8Array | undefined): string {
  if (typeof value === 'string' && !value.includes('\0')) return escapeValue(value);
  throw usage('not-on-command-line', `A value of ${name} cannot be written on a kernel command line`, {
    hint: 'Put it in a configuration file.',
  });
}
