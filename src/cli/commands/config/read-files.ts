/** Configuration files that a person names, `-` among them: as layers, each with what is wrong with it. */
import { basename } from 'node:path';
import type { Parsed } from '../../../config/config.ts';
import { emptyLayer } from '../../../config/config.ts';
import { unreadableFile } from '../../../config/diagnostics.ts';
import { parseConfigYaml } from '../../../config/yaml/yaml.ts';
import { errorCode, usage } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { whyNamed } from '../../../host/system-error.ts';

/** What the file is called in messages. */
export const nameOf = (named: string): string => (named === '-' ? 'stdin' : named);

export const readNamed = (host: Host, named: string): Promise<Uint8Array> =>
  host.files.read(named === '-' ? '/dev/stdin' : named);

/** Files or folders that are to be checked, as commander gives them. Throws OpsError (usage) `nothing-to-validate`. */
export function namedToCheck(given: string | readonly string[] | undefined, hint: string): readonly string[] {
  const named = given === undefined ? [] : typeof given === 'string' ? [given] : given;
  if (named.length === 0) throw usage('nothing-to-validate', 'There is nothing to check', { hint });
  return named;
}

/** stdin can be read to its end only once. Throws OpsError (usage) `stdin-twice`. */
export function requireOneStdin(named: readonly string[]): void {
  if (named.filter((name) => name === '-').length > 1)
    throw usage('stdin-twice', '- can be given only once', { hint: 'Give files for the others.' });
}

export async function parseNamed(host: Host, named: string): Promise<Parsed> {
  const file = nameOf(named);
  try {
    const data = await readNamed(host, named);
    return isSeed(named) ? await parsedSeed(data, file) : parseConfigYaml(data, file);
  } catch (error) {
    const asRoot = errorCode(error) === 'EACCES' ? '; use sudo' : '';
    const fault = unreadableFile(file, `${whyNamed(error)}${asRoot}`);
    return { layer: emptyLayer('local'), diagnostics: [fault] };
  }
}

/** What goes onto a boot partition, where keys of cloud-init count, too. */
const isSeed = (named: string): boolean => /^user-data(\.(txt|ya?ml))?$/i.test(basename(named));

async function parsedSeed(data: Uint8Array, file: string): Promise<Parsed> {
  const { parseSeedUserData } = await import('../../../config/seed/user-data.ts');
  const { parsed } = parseSeedUserData(data, file);
  const entries = new Map(parsed.flatMap(({ layer }) => [...layer.entries]));
  return {
    layer: { kind: 'local', entries },
    diagnostics: parsed.flatMap(({ diagnostics }) => diagnostics),
  };
}
