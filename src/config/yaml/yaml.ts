/**
 * config.yaml: the text, its limits and its syntax. What the values must be is in yaml-values.ts. All faults are
 * told at once; what is not faulty can still be used.
 */
import type { Document, YAMLError } from 'yaml';
import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { LayerKind, Parsed } from '../config.ts';
import { emptyLayer } from '../config.ts';
import type { Diagnostic, Place } from '../diagnostics.ts';
import { foreignTag } from './yaml-nodes.ts';
import { YamlReader } from './yaml-values.ts';

/** Bytes. Far more than a large configuration; parsing more could hold up a small machine at boot. */
export const configSizeLimit = 2 * 1024 * 1024;
/** Aliases that a file may use: enough for people, too few for a file that expands to gigabytes. */
export const aliasLimit = 100;
/** One mistake can make the parser stumble over every later line. */
const syntaxErrorLimit = 5;

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
    return unusable(`is ${bytes.length} bytes long; expected a configuration of at most ${configSizeLimit}`);
  }
  const text = decodeUtf8(bytes);
  if (text === undefined) return unusable('expected UTF-8 text');
  const nul = text.indexOf('\0');
  if (nul >= 0) return unusable('holds a NUL byte; expected text', placeIn(text, nul, file));
  try {
    return parseText(text, file, kind);
  } catch (error) {
    // The parser recurses: thousands of nested brackets end its stack.
    if (error instanceof RangeError) return unusable('is nested too deeply');
    throw error;
  }
}

function parseText(text: string, file: string, kind: LayerKind): Parsed {
  const lineCounter = new LineCounter();
  // Duplicate keys are found by the reader: the library's own check takes quadratic time. At the level `silent` the
  // library would drop all documents but the first without a word.
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
    customTags: ['binary'],
  });
  const placeOf = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line, column: col };
  };
  if (document.errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION'))
    throw new RangeError('nested too deeply');
  const errors = document.errors.filter(({ code }) => code !== 'MULTIPLE_DOCS');
  const diagnostics: Diagnostic[] = [
    ...errors
      .slice(0, syntaxErrorLimit)
      .map((error) => fault('error', placeOf(error.pos[0]), syntaxMessage(error))),
    ...document.errors
      .filter((error) => !errors.includes(error))
      .map(({ pos }) =>
        fault('error', placeOf(pos[0]), 'begins another document; only the first one is used'),
      ),
    // Tags are the reader's: it knows the keys.
    ...document.warnings
      .filter(({ code }) => code !== 'TAG_RESOLVE_FAILED')
      .map((warning) => fault('warning', placeOf(warning.pos[0]), syntaxMessage(warning))),
  ];
  if (errors.length > 0) return { layer: emptyLayer(kind), diagnostics };
  const aliases = text.includes('*') ? countAliases(document) : 0;
  if (aliases > aliasLimit) {
    const message = `uses ${aliases} aliases; expected at most ${aliasLimit}`;
    return { layer: emptyLayer(kind), diagnostics: [fault('error', { file }, message)] };
  }
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return { layer: emptyLayer(kind), diagnostics };
  }
  if (!isMap(contents)) {
    const found = fault(
      'error',
      placeOf(contents.range?.[0] ?? 0),
      'expected a map of keys, such as "hostname: myhost"',
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

/** The library's words without what they quote from the file after a colon: it may be a piece of a secret. */
const syntaxMessage = ({ code, message }: YAMLError): string =>
  code === 'TAG_RESOLVE_FAILED' ? foreignTag : message.replace(/(\w): .*$/s, '$1');

const byPlace = ({ place: a }: Diagnostic, { place: b }: Diagnostic): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

const fault = (severity: Diagnostic['severity'], place: Place, message: string): Diagnostic => ({
  severity,
  place,
  message,
});

function countAliases(document: Document): number {
  let count = 0;
  visit(document, {
    Alias: () => {
      count += 1;
    },
  });
  return count;
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function placeIn(text: string, offset: number, file: string): Place {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { file, line: before.split('\n').length, column: offset - lineStart + 1 };
}
