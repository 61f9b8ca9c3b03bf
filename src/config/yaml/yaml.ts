/**
 * config.yaml: the text, its limits and its syntax. What the values must be is in yaml-values.ts. All faults are
 * told at once; what is not faulty can still be used.
 */
import { isMap, isScalar, isSeq, LineCounter } from 'yaml';
import type { LayerKind, Parsed } from '../config.ts';
import { emptyLayer } from '../config.ts';
import type { Diagnostic, Place } from '../diagnostics.ts';
import { type BudgetedDocument, OverBudget, parseWithinBudget, yamlBudget } from './budgeted-document.ts';
import { misreading } from './misreadings.ts';
import { blankAdvice } from './missing-blanks.ts';
import { decodeUtf8, placeIn } from './source-text.ts';
import { syntaxFaults, syntaxMessage } from './syntax-faults.ts';
import { YamlReader } from './yaml-values.ts';

export const configSizeLimit = yamlBudget.bytes;

/**
 * Parses a configuration file. Never throws for what the file holds: a file that is no YAML at all gives an empty
 * layer and an error.
 */
export function parseConfigYaml(data: Uint8Array | string, file: string, kind: LayerKind = 'local'): Parsed {
  const bytes =
    typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length);
  const unusable = (message: string, place: Place = { file }): Parsed => ({
    layer: emptyLayer(kind),
    diagnostics: [{ severity: 'error', place, message }],
  });
  if (bytes.length > configSizeLimit) {
    return unusable(
      `is ${bytes.length} bytes long; expected a configuration of at most ${configSizeLimit}; shorten it or split it into files of config.d`,
    );
  }
  const text = decodeUtf8(bytes);
  if (text === undefined) return unusable('expected UTF-8 text');
  const nul = text.indexOf('\0');
  if (nul >= 0) return unusable('holds a NUL byte; expected text', placeIn(text, nul, file));
  return parseText(text, file, kind);
}

function parseText(text: string, file: string, kind: LayerKind): Parsed {
  const lineCounter = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line, column: col };
  };
  let parsed: BudgetedDocument;
  try {
    parsed = parseWithinBudget(text, lineCounter);
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error;
    return {
      layer: emptyLayer(kind),
      diagnostics: [fault('error', placeIn(text, error.offset, file), error.message)],
    };
  }
  const { document, another, quotes } = parsed;
  const misread = misreading(text, quotes);
  const structural = misread === undefined ? syntaxFaults(text, document.errors) : [misread];
  const diagnostics: Diagnostic[] = [
    ...structural.map(({ offset, message }) => fault('error', placeOf(offset), message)),
    ...(another === undefined
      ? []
      : [fault('error', placeOf(another), 'begins another document; only the first one is used')]),
    // Tags are the reader's: it knows the keys.
    ...document.warnings
      .filter(({ code }) => code !== 'TAG_RESOLVE_FAILED')
      .map((warning) => fault('warning', placeOf(warning.pos[0]), syntaxMessage(warning))),
  ];
  if (structural.length > 0) return { layer: emptyLayer(kind), diagnostics };
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return { layer: emptyLayer(kind), diagnostics };
  }
  if (!isMap(contents)) {
    const offset = contents.range?.[0] ?? 0;
    const found = fault(
      'error',
      placeOf(offset),
      `expected a map of keys, ${notAMap(contents, text, offset)}`,
    );
    return { layer: emptyLayer(kind), diagnostics: [...diagnostics, found] };
  }
  const reader = new YamlReader(document, placeOf, diagnostics);
  reader.readGroup(contents, '');
  diagnostics.sort(byPlace);
  const { error, warning, about } = reader.unlisted();
  if (error > 0)
    diagnostics.push({
      ...fault('error', { file }, `${error} more errors`),
      ...(about.length > 0 ? { about } : {}),
    });
  if (warning > 0) diagnostics.push(fault('warning', { file }, `${warning} more warnings`));
  return { layer: { kind, entries: reader.entries }, diagnostics };
}

/** What makes a file of something else than keys. */
function notAMap(contents: unknown, text: string, offset: number): string {
  if (isSeq(contents)) return 'found a list; write them without hyphens';
  const line = text.slice(offset, text.indexOf('\n', offset) + 1 || undefined);
  const advice = blankAdvice(line);
  return advice === undefined ? 'such as "hostname: myhost"' : `found text; ${advice}`;
}

const byPlace = ({ place: a }: Diagnostic, { place: b }: Diagnostic): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

const fault = (severity: Diagnostic['severity'], place: Place, message: string): Diagnostic => ({
  severity,
  place,
  message,
});
