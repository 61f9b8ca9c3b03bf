/** A configuration that stands inside of a machine's file: as a text of its own, whose faults keep their places. Pure. */
import type { Diagnostic } from '../../config/diagnostics.ts';
import { placeIn } from '../../config/yaml/source-text.ts';
import { parseConfigYaml } from '../../config/yaml/yaml.ts';
import type { LocatedMap } from '../../kubernetes/schema/located.ts';

export interface InlineConfig {
  /** As it will be a file: comments and order are the person's. */
  readonly bytes: Uint8Array;
  /** Warnings, too: a key that does not exist is nothing to wait for, and yet not what was meant. */
  readonly faults: readonly Diagnostic[];
}

export function inlineConfig(text: string, map: LocatedMap, file: string): InlineConfig {
  const start = placeIn(text, map.offset, file);
  const [line = 1, column = 1] = [start.line, start.column];
  const before = text.slice(map.offset - (column - 1), map.offset);
  // Of a map in braces only the first line is indented by what stands before it.
  const indent = /^ *$/.test(before) ? before.length : 0;
  const lines = text.slice(map.offset, map.end).split('\n');
  const [first = '', ...others] = lines;
  const own = [first, ...others.map((other) => withoutIndent(other, indent))].join('\n');
  const content = own.endsWith('\n') ? own : `${own}\n`;
  const { diagnostics } = parseConfigYaml(content, file, 'system');
  const faults = diagnostics
    .filter(({ severity }) => severity !== 'note')
    .map((fault): Diagnostic => {
      const { place } = fault;
      if (place.line === undefined || place.column === undefined)
        return { ...fault, place: { file, line, column } };
      const shift = place.line === 1 ? column - 1 : indent;
      return { ...fault, place: { file, line: place.line + line - 1, column: place.column + shift } };
    });
  return { bytes: Buffer.from(content), faults };
}

function withoutIndent(line: string, indent: number): string {
  const blanks = /^ */.exec(line)?.[0].length ?? 0;
  return line.slice(Math.min(blanks, indent));
}
