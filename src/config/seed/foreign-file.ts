/** Files of a seed or a cloud that are in a form of cloud-init's: what they say in our own keys, and what is wrong with them. */
import { messageOf } from '../../errors.ts';
import type { LayerKind, Parsed } from '../config.ts';
import { emptyLayer } from '../config.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { KeyName } from '../keys/keys.ts';
import type { Meaning } from './meaning.ts';

/** Of a file that has no keys of ours. */
export async function yamlOf(
  data: Uint8Array | undefined,
  file: string,
): Promise<{ readonly value: unknown; readonly faults: Parsed[] }> {
  if (data === undefined || data.length === 0) return { value: undefined, faults: [] };
  const { valueWithinBudget } = await import('../yaml/budgeted-document.ts');
  const { decodeUtf8 } = await import('../yaml/source-text.ts');
  const plain = decodeUtf8(data);
  if (plain === undefined) return { value: undefined, faults: [faulty(file, 'expected UTF-8 text')] };
  try {
    return { value: valueWithinBudget(plain) ?? undefined, faults: [] };
  } catch (error) {
    return { value: undefined, faults: [faulty(file, `is not YAML: ${messageOf(error)}`)] };
  }
}

/** What it may have said: how the node reaches its network. */
const network: readonly KeyName[] = ['bos.network', 'bos.wifi', 'bos.dns_nameservers'];

const aboutNetwork = (file: string) => (/^network[-_ ]/.test(file) ? { about: network } : {});

export function faulty(file: string, message: string): Parsed {
  const about = aboutNetwork(file);
  const fault: Diagnostic = { severity: 'error', place: { file }, message, ...about };
  return { layer: emptyLayer('local'), diagnostics: [fault] };
}

/** Our own keys out of a file that has others; its faults are the file's. */
export async function meant(
  { config, notes }: Meaning,
  file: string,
  kind: LayerKind = 'local',
): Promise<Parsed> {
  const { parseConfigYaml } = await import('../yaml/yaml.ts');
  const { layer, diagnostics } = parseConfigYaml(JSON.stringify(config), file);
  const place = { file };
  return {
    layer: {
      kind,
      entries: new Map([...layer.entries].map(([key, entry]) => [key, { ...entry, place }])),
    },
    diagnostics: [
      ...diagnostics.map((one) => ({ ...one, place })),
      ...notes.map(([severity, message]) => ({
        ...{ severity, place, message },
        // A warning is of what the network does without.
        ...(severity === 'error' ? aboutNetwork(file) : {}),
      })),
    ],
  };
}
