/** Configuration files that a person names, `-` among them: as layers, each with what is wrong with it. */
import type { Parsed } from '../../../config/config.ts';
import { emptyLayer } from '../../../config/config.ts';
import { parseConfigYaml } from '../../../config/yaml/yaml.ts';
import { errorCode } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { whyNamed } from '../../../host/system-error.ts';

/** What the file is called in messages. */
export const nameOf = (named: string): string => (named === '-' ? 'stdin' : named);

export const readNamed = (host: Host, named: string): Promise<Uint8Array> =>
  host.files.read(named === '-' ? '/dev/stdin' : named);

export async function parseNamed(host: Host, named: string): Promise<Parsed> {
  const file = nameOf(named);
  try {
    return parseConfigYaml(await readNamed(host, named), file);
  } catch (error) {
    const asRoot = errorCode(error) === 'EACCES' ? '; use sudo' : '';
    const message = `cannot be read: ${whyNamed(error)}${asRoot}`;
    return { layer: emptyLayer('local'), diagnostics: [{ severity: 'error', place: { file }, message }] };
  }
}
