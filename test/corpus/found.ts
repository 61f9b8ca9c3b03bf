/** Inputs that a parser once failed on, as `npm run fuzz` has kept them: test/corpus/found/PARSER/DIGEST. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsers } from './parsers/index.ts';

export const foundFolder = (parser: string): string =>
  join(import.meta.dirname, 'found', parser.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-'));

export const foundInputs = (parser: string): { readonly name: string; readonly input: Uint8Array }[] => {
  const folder = foundFolder(parser);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).toSorted();
  return names.map((name) => ({ name, input: readFileSync(join(folder, name)) }));
};

/** What changes begin with: the parser's own seeds, and what was found. */
export const seedsOf = (parser: string): Uint8Array[] => [
  ...(parsers[parser]?.seeds() ?? []),
  ...foundInputs(parser).map(({ input }) => input),
];
