/** The files of the project as the tests of the house read them. */
import { globSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface ProjectFile {
  /** Relative to the root of the project. */
  readonly path: string;
  readonly text: string;
}

/** `patterns` as node:fs globs, relative to the root. */
export function projectFiles(...patterns: readonly string[]): ProjectFile[] {
  return globSync([...patterns], { cwd: root })
    .filter((path) => lstatSync(join(root, path)).isFile())
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
