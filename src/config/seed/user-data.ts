/**
 * The seed's user-data: a configuration of ours, one of cloud-init, or both in one file. Keys of cloud-init are read as
 * what they mean here; the rest is what a file of ours is, with its faults at their own places. Pure.
 */
import { type Alias, isMap, isScalar, LineCounter, type Pair, visit } from 'yaml';
import type { Layer, Parsed } from '../config.ts';
import { emptyLayer } from '../config.ts';
import type { Diagnostic, Place } from '../diagnostics.ts';
import {
  type BudgetedDocument,
  OverBudget,
  parseWithinBudget,
  yamlBudget,
} from '../yaml/budgeted-document.ts';
import { decodeUtf8 } from '../yaml/source-text.ts';
import { parseConfigYaml } from '../yaml/yaml.ts';
import { aliasTargets } from '../yaml/yaml-nodes.ts';
import { cloudKeys, onceKey } from './cloud-keys.ts';
import type { Meaning } from './meaning.ts';

export interface SeedConfig {
  /** In the order in which later ones win. */
  readonly parsed: readonly Parsed[];
  /** Commands that run once for each instance. */
  readonly once: readonly string[];
  readonly oncePlace: Place;
}

/** `file` is what diagnostics call it. Never throws for what it holds. */
export function parseSeedUserData(data: Uint8Array, file: string): SeedConfig {
  const plain = (parsed: Parsed): SeedConfig => ({ parsed: [parsed], once: [], oncePlace: { file } });
  const text = data.length > yamlBudget.bytes ? undefined : decodeUtf8(data);
  const lines = new LineCounter();
  const document = text === undefined ? undefined : parsedOrNot(text, lines);
  const map = document?.document.contents;
  // What is wrong with it is said where ours are read.
  if (
    text === undefined ||
    document === undefined ||
    document.document.errors.length > 0 ||
    !isMap(map) ||
    hasOddKeys(document)
  )
    return plain(parseConfigYaml(data, file));
  const foreign = map.items.filter((pair) => isForeign(nameOf(pair)));
  if (foreign.length === 0) return plain(parseConfigYaml(data, file));
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const placeOf = (pair: Pair): Place => placeAt(offsetOf(pair));
  const whole = wholeValue(document);
  if (typeof whole === 'string') {
    const { layer, diagnostics } = parseConfigYaml(data, file);
    const names = foreign.map(nameOf);
    const place = placeAt(danglingAlias(document)?.range?.[0] ?? 0);
    const fault: Diagnostic = {
      severity: 'error',
      place,
      message: `${whole}: not read are ${names.join(', ')}`,
    };
    // They are keys of cloud-init: "is not a key" would mislead.
    const others = diagnostics.filter(({ key }) => key === undefined || !names.includes(key));
    return plain({ layer, diagnostics: [...others, fault] });
  }
  const jsValue = (pair: Pair): unknown => whole[nameOf(pair)];
  const read = [...cloudKeys].flatMap(([name, meaning]) =>
    foreign
      .filter((pair) => nameOf(pair) === name)
      .map((pair) => meant(meaning(jsValue(pair)), name, placeOf(pair))),
  );
  const commands = foreign.find((pair) => nameOf(pair) === onceKey);
  const oncePlace = commands === undefined ? { file } : placeOf(commands);
  const once =
    commands === undefined
      ? undefined
      : meant({ config: { run_cmd: jsValue(commands) }, notes: [] }, onceKey, oncePlace);
  // What is taken out may be referred to from what stays.
  const apart = map.flow === true || aliasTargets(document.document).size > 0;
  const own = apart
    ? withoutPlaces(whole, foreign, file)
    : parseConfigYaml(without(text, map.items, foreign), file);
  return {
    parsed: [...read, ...(once === undefined ? [] : [{ ...once, layer: emptyLayer('local') }]), own],
    once: (once?.layer.entries.get('run_cmd')?.value ?? []) as readonly string[],
    oncePlace,
  };
}

function parsedOrNot(text: string, lines: LineCounter): BudgetedDocument | undefined {
  try {
    return parseWithinBudget(text, lines);
  } catch (error) {
    if (error instanceof OverBudget) return undefined;
    throw error;
  }
}

/** A map as a key is a template that nobody has filled in. */
function hasOddKeys({ document }: BudgetedDocument): boolean {
  let odd = false;
  visit(document, {
    Pair: (_, { key }) => {
      odd ||= key !== null && !isScalar(key);
    },
  });
  return odd;
}

const isForeign = (name: string): boolean => cloudKeys.has(name) || name === onceKey;
const nameOf = ({ key }: Pair): string => (isScalar(key) && typeof key.value === 'string' ? key.value : '');
const offsetOf = ({ key }: Pair): number => (isScalar(key) ? (key.range?.[0] ?? 0) : 0);

/** All of it at once; a sentence on why not when an alias has no meaning, or stands for too much. */
function wholeValue({ document }: BudgetedDocument): Readonly<Record<string, unknown>> | string {
  try {
    const whole = Object(document.toJS({ maxAliasCount: yamlBudget.aliases }));
    // Keys are read as JSON again, which has no end where an alias stands for what it is part of.
    JSON.stringify(whole);
    return whole;
  } catch (error) {
    if (error instanceof TypeError) return 'an alias (*) stands for what it is part of';
    // The library has no others for a document without faults (Alias.js).
    if (!(error instanceof ReferenceError)) throw error;
    const alias = danglingAlias({ document });
    return alias === undefined
      ? 'its aliases (*) stand for too much'
      : `*${alias.source} is an alias of nothing; write text in quotes`;
  }
}

/** The first alias that no anchor before it has the name of. */
function danglingAlias({ document }: Pick<BudgetedDocument, 'document'>): Alias | undefined {
  const targets = aliasTargets(document);
  let found: Alias | undefined;
  visit(document, {
    Alias: (_, node) => {
      if (targets.has(node)) return undefined;
      found = node;
      return visit.BREAK;
    },
  });
  return found;
}

/** The values as those of our own keys, at the place of the key that they come from. */
function meant({ config, notes }: Meaning, name: string, place: Place): Parsed {
  const { layer, diagnostics } = parseConfigYaml(JSON.stringify(config), place.file);
  const entries = [...layer.entries].map(([key, entry]) => [key, { ...entry, place }] as const);
  const told: Diagnostic[] = notes.map(([severity, message]) => ({ severity, place, key: name, message }));
  return {
    layer: { kind: 'local', entries: new Map(entries) } satisfies Layer,
    diagnostics: [...diagnostics.map((one) => ({ ...one, place })), ...told],
  };
}

/** The text with blanks in the place of these keys and all below them: what stays keeps its line and column. */
function without(text: string, all: readonly Pair[], left: readonly Pair[]): string {
  let result = text;
  for (const [index, pair] of all.entries()) {
    if (!left.includes(pair)) continue;
    const next = all[index + 1];
    const [start, end] = [offsetOf(pair), next === undefined ? text.length : offsetOf(next)];
    result =
      result.slice(0, start) + result.slice(start, end).replaceAll(/[^\r\n]/g, ' ') + result.slice(end);
  }
  return result;
}

/** For a map in brackets, which has no lines of its own to take out, and for one with aliases. */
function withoutPlaces(
  whole: Readonly<Record<string, unknown>>,
  left: readonly Pair[],
  file: string,
): Parsed {
  const names = new Set(left.map(nameOf));
  const own = Object.fromEntries(Object.entries(whole).filter(([name]) => !names.has(name)));
  const { layer, diagnostics } = parseConfigYaml(JSON.stringify(own), file);
  const entries = [...layer.entries].map(([key, entry]) => [key, { ...entry, place: { file } }] as const);
  return {
    layer: { kind: 'local', entries: new Map(entries) },
    diagnostics: diagnostics.map((one) => ({ ...one, place: { file } })),
  };
}
