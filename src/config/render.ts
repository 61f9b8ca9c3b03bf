/** The configuration as the text of config.yaml. */
import { Document, Scalar, visit } from 'yaml';
import type { Config } from './config.ts';
import { rows } from './keys/keys.ts';
import { needsQuotes } from './yaml/misreadings.ts';

/** The nested form: `{ hostname, bos: { install: { device } } }`. */
export function nestConfig(config: Config): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const { name } of rows) {
    const value = config[name];
    if (value === undefined) continue;
    const parts = name.split('.');
    const last = parts.pop() ?? name;
    let group = root;
    for (const part of parts) {
      group[part] ??= {};
      group = group[part] as Record<string, unknown>;
    }
    group[last] = value;
  }
  return root;
}

/** config.yaml's text; parsing it gives the same configuration. Empty text for an empty one. */
export function renderConfigYaml(config: Config): string {
  const nested = nestConfig(config);
  if (Object.keys(nested).length === 0) return '';
  const document = new Document(nested, { customTags: ['binary'], aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value !== 'string') return;
      if (node.value.includes('\n')) node.type = multilineStyle(node.value);
      else if (needsQuotes(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** A block for what reads well as one, such as a script; quotes where white space at an edge could get lost. */
function multilineStyle(text: string): 'BLOCK_LITERAL' | 'QUOTE_DOUBLE' {
  const plain = /^[\x21-\x7e]/.test(text) && !/[ \t]\n|[ \t]$|[^\n\t\x20-\x7e\u{a1}-\u{d7ff}]/u.test(text);
  return plain ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE;
}
