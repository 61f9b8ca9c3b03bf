/** Checks a pack, whoever wrote it: all faults at once, each with its place, and what mends it where that is plain. Pure. */
import { LineCounter } from 'yaml';
import type { Diagnostic, Place } from '../../config/diagnostics.ts';
import { decodeUtf8, isUtf16 } from '../../config/yaml/source-text.ts';
import { pathText } from '../../kubernetes/schema/check-schema.ts';
import { type Located, offsetAt } from '../../kubernetes/schema/located.ts';
import type { Edit } from '../edits.ts';
import { parseJson } from '../json/parse-json.ts';
import { readYaml } from '../yaml/read-yaml.ts';
import { type PackContent, packFiles, textLimit } from './pack-content.ts';
import {
  type PackRule,
  PackText,
  type PackView,
  type Report,
  type Severity,
  type Spot,
} from './pack-view.ts';
import { addedRules } from './rules/added.ts';
import { annotationRules } from './rules/annotations.ts';
import { byoiRules } from './rules/byoi.ts';
import { contentImageRules } from './rules/content-images.ts';
import { drainRules } from './rules/drain.ts';
import { fileRules, notAFile } from './rules/files.ts';
import { keyRules } from './rules/keys.ts';
import { kindRules } from './rules/kinds.ts';
import { logoRules } from './rules/logo.ts';
import { macroRules } from './rules/macros.ts';
import { nameRules } from './rules/names.ts';
import { nestingRules } from './rules/nesting.ts';
import { presetRules } from './rules/presets.ts';
import { secretRules } from './rules/secrets.ts';
import { sectionRules } from './rules/sections.ts';
import { systemUriRules } from './rules/system-uri.ts';

const rules: readonly PackRule[] = [
  ...[keyRules, nameRules, kindRules, annotationRules, fileRules, addedRules, logoRules],
  ...[sectionRules, nestingRules, contentImageRules, drainRules, systemUriRules, byoiRules],
  ...[macroRules, secretRules, presetRules],
];

/** Faults of one pack that are listed. */
const reportLimit = 200;

export interface Finding extends Diagnostic {
  readonly severity: Severity;
  /** The path of the file in the pack, and what mends it there. */
  readonly file: string;
  readonly edits: readonly Edit[];
}

export interface Validation {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly layer: string | undefined;
  readonly findings: readonly Finding[];
}

const nothing: Located = { kind: 'word', offset: 0, end: 0, value: null };

/** What is wrong with a pack. Never throws for what it holds. */
export function validatePack(content: PackContent): Validation {
  const checking = new Checking(content);
  const meta = checking.meta();
  const values = checking.yaml(packFiles.values);
  const view: PackView = {
    ...{ content, meta: meta ?? new PackText(packFiles.meta, '', nothing) },
    values: values ?? new PackText(packFiles.values, '', nothing),
    presets: checking.yaml(packFiles.presets),
    parameters: checking.yaml(packFiles.parameters),
    name: meta?.text('name'),
    layer: meta?.text('layer'),
    clouds: meta?.texts('cloudTypes') ?? [],
  };
  // Of half a pack.json no more is told than that it is half: the rest would be guesswork.
  if (meta !== undefined) for (const rule of rules) rule(view, checking.report);
  const { name, layer } = view;
  return { name, layer, version: meta?.text('version'), findings: checking.listed() };
}

class Checking {
  readonly #content: PackContent;
  readonly #findings: Finding[] = [];
  readonly #lines = new Map<string, LineCounter>();
  readonly #told = new Set<string>();

  constructor(content: PackContent) {
    this.#content = content;
  }

  readonly report: Report = (severity, where, spot, message, edits = []) => {
    if (typeof where === 'string') this.#tell(severity, where, undefined, undefined, message, edits);
    else this.#tell(severity, where.file, this.#offset(where, spot), keyOf(spot), message, edits);
  };

  /** undefined when it cannot be read to its end. */
  meta(): PackText | undefined {
    const file = packFiles.meta;
    const text = this.#text(file);
    if (text === undefined) {
      if (this.#content.entries.get(file) === undefined)
        this.report('error', file, undefined, 'is missing; it is what makes a folder a pack');
      return undefined;
    }
    const { root, complete, faults } = parseJson(text);
    for (const { offset, message, edits } of faults)
      this.#tell('error', file, offset, undefined, message, edits ?? []);
    if (root === undefined || !complete) return undefined;
    if (root.kind !== 'map') {
      this.#tell('error', file, root.offset, undefined, 'expected an object in braces', []);
      return undefined;
    }
    return new PackText(file, text, root);
  }

  /** undefined when there is none, or it is no YAML. */
  yaml(file: string): PackText | undefined {
    const text = this.#text(file);
    if (text === undefined) return undefined;
    const { root, faults } = readYaml(text);
    for (const { severity, offset, message, edits } of faults)
      this.#tell(severity, file, offset, undefined, message, edits ?? []);
    return root === undefined ? undefined : new PackText(file, text, root);
  }

  /** Sorted by file and place, and no more than anybody reads. */
  listed(): readonly Finding[] {
    const order: readonly string[] = Object.values(packFiles);
    const rank = (file: string) => (order.includes(file) ? order.indexOf(file) : order.length);
    const sorted = this.#findings.toSorted(
      (a, b) =>
        rank(a.file) - rank(b.file) ||
        (a.place.line ?? 0) - (b.place.line ?? 0) ||
        (a.place.column ?? 0) - (b.place.column ?? 0),
    );
    const beyond = sorted.slice(reportLimit);
    if (beyond.length === 0) return sorted;
    const errors = beyond.filter(({ severity }) => severity === 'error').length;
    const place = { file: this.#content.place };
    const message = `${beyond.length} more faults, ${errors} of them errors`;
    const rest = { severity: errors > 0 ? 'error' : 'warning', place, message, file: '', edits: [] } as const;
    return [...sorted.slice(0, reportLimit), rest];
  }

  #text(file: string): string | undefined {
    const entry = this.#content.entries.get(file);
    const bytes = this.#content.contents.get(file);
    if (bytes === undefined) {
      if (entry?.type === 'file')
        this.report(
          'error',
          file,
          undefined,
          `is ${entry.size} bytes long; expected at most ${textLimit}; shorten or split it`,
        );
      else if (entry?.type === 'directory')
        this.report('error', file, undefined, 'is a folder; expected a file');
      else if (entry !== undefined) this.report('error', file, undefined, notAFile(entry.type));
      return undefined;
    }
    // A byte order mark stays: places, and what is mended, count from the first byte.
    const isText = decodeUtf8(bytes) !== undefined && !isUtf16(bytes);
    const text = isText ? Buffer.from(bytes).toString('utf8') : undefined;
    if (text === undefined) {
      const message = isUtf16(bytes) ? 'is UTF-16; save it as UTF-8' : 'expected UTF-8 text';
      this.report('error', file, undefined, message);
      return undefined;
    }
    const lines = new LineCounter();
    lines.addNewLine(0);
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) lines.addNewLine(end + 1);
    this.#lines.set(file, lines);
    return text;
  }

  #offset(where: PackText, spot: Spot): number | undefined {
    if (spot === undefined || typeof spot === 'number') return spot;
    return offsetAt(where.root, spot);
  }

  #tell(
    severity: Severity,
    file: string,
    offset: number | undefined,
    key: string | undefined,
    message: string,
    edits: readonly Edit[],
  ): void {
    // What an alias repeats is one fault.
    const id = `${file} ${offset} ${key} ${message}`;
    if (this.#told.has(id)) return;
    this.#told.add(id);
    const place = this.#place(file, offset);
    this.#findings.push({ severity, place, message, file, edits, ...(key === undefined ? {} : { key }) });
  }

  #place(file: string, offset: number | undefined): Place {
    const named = { file: `${this.#content.place}/${file}` };
    const lines = this.#lines.get(file);
    if (offset === undefined || lines === undefined) return named;
    const { line, col } = lines.linePos(offset);
    return { ...named, line, column: col };
  }
}

const keyOf = (spot: Spot): string | undefined =>
  spot === undefined || typeof spot === 'number' ? undefined : pathText(spot) || undefined;
