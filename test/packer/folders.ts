/** The folders of packer/ as tests read them, and the variables that a template must be given. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const packerFolder = fileURLToPath(new URL('../../packer', import.meta.url)).replace(/\/$/, '');
export const templates = readdirSync(packerFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted();

export const readIn = (name: string, file: string): string =>
  readFileSync(`${packerFolder}/${name}/${file}`, 'utf8');

export interface Variable {
  readonly name: string;
  readonly description: string | undefined;
  readonly type: string | undefined;
  readonly default: string | undefined;
  readonly sensitive: boolean;
}

/** As packer fmt writes them: a block of single lines, whose brace closes it at the beginning of a line. */
export function variablesOf(text: string): Variable[] {
  return [...text.matchAll(/^variable "([^"]+)" \{\n([\s\S]*?)^\}/gm)].map(([, name = '', body = '']) => {
    const value = (key: string) => new RegExp(`^ {2}${key} += (.*)$`, 'm').exec(body)?.[1];
    const description = /^"(.*)"$/.exec(value('description') ?? '')?.[1];
    const sensitive = value('sensitive') === 'true';
    return { name, description, type: value('type'), default: value('default'), sensitive };
  });
}
