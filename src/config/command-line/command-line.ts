/**
 * Keys on the kernel command line: repeated keys make lists, `key[sub.key]=value` makes maps, `key.field=value`
 * objects, a bare boolean key means true. What is not ours is left alone.
 */
import { usage } from '../../errors.ts';
import { typographicBefore, typographicWithin } from '../checks/typographic-quotes.ts';
import type { Config, LayerEntry, LayerValue, ObjectValue, Parsed } from '../config.ts';
import type { Diagnostic, Place } from '../diagnostics.ts';
import type { ObjectsRow } from '../keys/key-types.ts';
import type { KeyName, Row } from '../keys/keys.ts';
import { rows } from '../keys/keys.ts';
import { unknownField, unknownKey } from '../keys/unknown-key.ts';
import { checkString, expectation } from '../keys/values.ts';
import { shownName } from '../shown-name.ts';
import type { KernelArgument } from './kernel-arguments.ts';
import { countBeforeInit, escapeValue, splitKernelArguments, unescapeValue } from './kernel-arguments.ts';
import { kernelNetworkEntry } from './kernel-network-layer.ts';
import { addToLast, faultyField, isFaulty, leavesOf, missingField, setOwn } from './object-fields.ts';
import { type QuoteFault, quoteFault } from './quote-faults.ts';
import type { Target } from './targets.ts';
import { fieldNames, fieldsOf, findTarget, seemsOurs } from './targets.ts';

export const commandLineName = 'kernel command line';

export interface ParsedCommandLine extends Parsed {
  /** Arguments that are not ours, as they stood. */
  readonly others: readonly KernelArgument[];
}

/**
 * Parses /proc/cmdline or any such text; what follows `--` is for init and not ours. `file` names it in diagnostics.
 * The initrd reads the keys that it needs by the same rules (os/initrd/lib/command-line.sh).
 */
export function parseCommandLine(text: string, file: string = commandLineName): ParsedCommandLine {
  const reader = new CommandLineReader(file);
  const others: KernelArgument[] = [];
  // The kernel's own line has no end of line: /proc adds it.
  const found = splitKernelArguments(text.replace(/\n$/, ''));
  const forInit = countBeforeInit(found);
  for (const argument of found.slice(0, forInit)) if (!reader.read(argument)) others.push(argument);
  reader.readKernels(others);
  return { ...reader.end(), others: [...others, ...found.slice(forInit)] };
}

/** Arguments with a fault: of more, what was meant is not looked for, which takes long and which nobody reads. */
const mostAdvised = 100;

class CommandLineReader {
  readonly #file: string;
  readonly #entries = new Map<KeyName, LayerEntry>();
  readonly #diagnostics: Diagnostic[] = [];
  /** Keys whose elements are one command, of which one is faulty. */
  readonly #voided = new Set<KeyName>();

  constructor(file: string) {
    this.#file = file;
  }

  /** Whether the argument is a key of ours. */
  read(argument: KernelArgument): boolean {
    const { name } = argument;
    const place: Place = { file: this.#file, line: 1, column: argument.offset + 1 };
    const quoting = quoteFault(argument, this.#entries.size + this.#diagnostics.length > 0);
    if (quoting !== undefined) return this.#misquoted(argument, quoting);
    const target = findTarget(name);
    if (target === undefined) {
      if (seemsOurs(name)) this.#unknown(name, place);
      return false;
    }
    const { row, note } = target;
    if (note !== undefined) this.#report({ severity: 'note', place, key: name, message: note });
    const value = argument.value === undefined ? undefined : unescapeValue(argument.value);
    const grave = target.field === undefined || target.field.decides || target.isUnknownField;
    const quotes = value === undefined ? undefined : typographic(target, value, argument.quoted === true);
    const decides = grave === true && row.decides !== undefined;
    const faulty = fault(target, value);
    const problem = faulty === undefined ? (decides ? quotes : undefined) : (quotes ?? faulty);
    if (problem === undefined && quotes !== undefined)
      this.#report({ severity: 'warning', place, key: name, message: quotes });
    if (problem !== undefined) {
      this.#fault(row, grave === true, { place, key: name, message: problem });
      if (row.type === 'strings' && row.checkWhole !== undefined) this.#voided.add(row.name);
      if (target.field === undefined) return true;
    }
    // A faulty field stays as a mark: its object is dropped as a whole below.
    const shown = problem === undefined ? value : faultyField;
    this.#entries.set(row.name, { value: add(this.#entries.get(row.name)?.value, target, shown), place });
    return true;
  }

  /** Arguments of the kernel that mean a key of ours, too; they stay what they are. */
  readKernels(others: readonly KernelArgument[]): void {
    const placeOf = ({ offset }: KernelArgument): Place => ({
      file: this.#file,
      line: 1,
      column: offset + 1,
    });
    const given = this.#entries.has('bos.network');
    const { entry, nameservers, diagnostics } = kernelNetworkEntry(others, placeOf, given);
    if (entry !== undefined) this.#entries.set('bos.network', entry);
    if (nameservers !== undefined && !this.#entries.has('bos.dns_nameservers'))
      this.#entries.set('bos.dns_nameservers', nameservers);
    for (const diagnostic of diagnostics) this.#report(diagnostic);
  }

  /** What a quote has made of the argument is not what was meant: it does not count. */
  #misquoted({ name }: KernelArgument, { severity, offset, message, rows: lost }: QuoteFault): boolean {
    const about = lost.filter(({ decides }) => decides !== undefined).map((row) => row.name);
    const place: Place = { file: this.#file, line: 1, column: offset + 1 };
    const key = shownName(name);
    this.#report({ severity, place, key, message, ...(about.length > 0 ? { about } : {}) });
    for (const row of lost)
      if (row.type === 'strings' && row.checkWhole !== undefined) this.#voided.add(row.name);
    return severity === 'error';
  }

  end(): Parsed {
    for (const row of rows) {
      if (row.type === 'objects') this.#keepWhole(row);
      if (row.type === 'strings' && row.checkWhole !== undefined) this.#checkVector(row.name, row.checkWhole);
    }
    return { layer: { kind: 'command-line', entries: this.#entries }, diagnostics: this.#diagnostics };
  }

  #unknown(name: string, place: Place): void {
    const quick = this.#diagnostics.length >= mostAdvised;
    const { severity, message, about } = unknownKey(name, { in: 'command line', more: fieldNames(), quick });
    this.#report({ severity, place, key: shownName(name), message, ...(about.length > 0 ? { about } : {}) });
  }

  #checkVector(name: KeyName, check: (values: readonly string[]) => string | undefined): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    const problem = this.#voided.has(name) ? undefined : check(entry.value as readonly string[]);
    const row = rows.find((candidate) => candidate.name === name);
    if (problem !== undefined && row)
      this.#fault(row, true, { place: entry.place, key: name, message: problem });
    if (problem !== undefined || this.#voided.has(name)) this.#entries.delete(name);
  }

  /** Objects without what they need are told and dropped, and those with a faulty field, which was told, as well. */
  #keepWhole(row: Row & ObjectsRow): void {
    const entry = this.#entries.get(row.name);
    if (entry === undefined) return;
    const objects = entry.value as readonly ObjectValue[];
    const good = objects.filter((object) => {
      if (isFaulty(object)) return false;
      const missing = missingField(fieldsOf(row), object);
      if (missing !== undefined) {
        const message = `expected ${row.name}.${missing}= for each`;
        this.#fault(row, true, { place: entry.place, key: row.name, message });
      }
      if (missing !== undefined) return false;
      const found = row.checkObject?.(object);
      if (found === undefined) return true;
      const field = fieldsOf(row).find(({ name }) => name === found.field.replace(/[.[].*$/, ''));
      const key = `${row.name}.${found.field}`;
      this.#fault(row, field?.decides === true, { place: entry.place, key, message: found.message });
      return false;
    });
    if (row.checkList !== undefined) this.#keepList(row, entry, good.length === objects.length);
    else if (good.length < objects.length) this.#entries.set(row.name, { ...entry, value: good });
  }

  /** A list that counts as a whole. */
  #keepList(row: Row & ObjectsRow, entry: LayerEntry, whole: boolean): void {
    const found = whole ? row.checkList?.(entry.value as readonly ObjectValue[]) : undefined;
    if (found !== undefined) {
      const key = `${row.name}[${found.index}].${found.field}`;
      this.#fault(row, true, { place: entry.place, key, message: found.message });
    }
    if (!whole || found !== undefined) this.#entries.delete(row.name);
  }

  #fault(row: Row, grave: boolean, found: Omit<Diagnostic, 'severity' | 'about'>): void {
    const about = grave && row.decides !== undefined ? { about: [row.name] } : {};
    this.#report({ severity: 'error', ...found, ...about });
  }

  #report(diagnostic: Diagnostic): void {
    this.#diagnostics.push(diagnostic);
  }
}

/** Quotes of a word processor. */
const typographic = ({ row, field }: Target, value: string, quoted: boolean): string | undefined =>
  quoted ? typographicWithin(field ?? row, value) : typographicBefore(value);

/** What is wrong with the argument, or undefined. An empty value empties a list. */
function fault({ row, sub, field, isUnknownField }: Target, value: string | undefined): string | undefined {
  if (isUnknownField && row.type === 'objects' && field !== undefined) {
    const known = fieldsOf(row).map(({ name }) => name);
    return unknownField(field.name, known);
  }
  if (sub !== undefined && row.type !== 'map')
    return `does not take [${sub}]: expected ${expectation(row.type)}`;
  if (row.type === 'boolean') {
    return value === undefined || value === 'true' || value === 'false'
      ? undefined
      : 'expected true, false or no value';
  }
  if (value === undefined) return 'expected a value after =';
  if (row.type === 'map') {
    if (sub === undefined || sub === '') return `expected ${row.name}[NAME]=VALUE`;
    return checkString(row, value) ?? row.checkEntry?.(sub, value);
  }
  if (row.type === 'objects') {
    if (field !== undefined)
      return field.type === 'strings' && value === '' ? undefined : checkString(field, value);
    const wanted = fieldsOf(row).map(({ name }) => `${row.name}.${name}=`);
    return value === '' ? undefined : `expected ${wanted.join(', ')}`;
  }
  return row.type === 'strings' && value === '' ? undefined : checkString(row, value);
}

/** The value of the key with this argument added, in place: a copy for each would take quadratic time. */
function add(
  earlier: LayerValue | undefined,
  { row, sub, path }: Target,
  value: string | undefined,
): LayerValue {
  if (row.type === 'boolean') return value !== 'false';
  const text = value ?? '';
  if (row.type === 'string') return text;
  if (row.type === 'map') return setOwn((earlier ?? {}) as Record<string, string>, `${sub}`, text);
  if (row.type === 'strings') {
    const texts = (earlier ?? []) as string[];
    if (text !== '') texts.push(text);
    return texts;
  }
  const objects = (earlier ?? []) as Record<string, string>[];
  // A field that the last object has already begins the next one.
  if (path !== undefined) addToLast(objects, path, text);
  return objects;
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
    leavesOf(fieldsOf(row), object).map(([field, text]) => `${name}.${field}=${portable(name, text)}`),
  );
}

function portable(name: string, value: string | Uint8Array | undefined): string {
  if (typeof value === 'string' && !value.includes('\0')) return escapeValue(value);
  throw usage('not-on-command-line', `A value of ${name} cannot be written on a kernel command line`, {
    hint: 'Put it in a configuration file.',
  });
}
