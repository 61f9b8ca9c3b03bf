/** What a parser of foreign bytes is to the corpus and to `npm run fuzz`: where it begins, and one look at an input. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpsError } from '../../../src/errors.ts';

export interface Parser {
  /** Inputs to begin with: sound ones, and those that a parser once failed on. */
  seeds(): readonly Uint8Array[];
  /** Reads the input to its end. May throw OpsError, and nothing else. */
  parse(input: Uint8Array): unknown;
}

export const root = join(import.meta.dirname, '../../..');

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
export const bytes = (...texts: string[]): Buffer[] => texts.map((one) => Buffer.from(one));

/** The files of a folder of the project whose names end like this. */
export const filesOf = (folder: string, end: string): Buffer[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(end))
    .toSorted()
    .map((name) => readFileSync(join(root, folder, name)));

/** Goes on after a refusal: the next look at the same bytes may be the one that fails. */
export async function each(...looks: readonly (() => unknown)[]): Promise<void> {
  for (const look of looks)
    try {
      await look();
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
    }
}
