/**
 * What a cloud gave, as layers above all others: its host name and keys, then its user data. The search for data
 * sources in the runtime phase writes these files. A cloud is trusted less than the operator: what it says wrong
 * is reported and left out.
 */
import { join } from 'node:path';
import type { Host } from '../../host/ports.ts';
import { isPublicKeyLine, publicKeyFault } from '../checks/public-keys.ts';
import type { Layer, LayerEntry, Parsed } from '../config.ts';
import { emptyLayer } from '../config.ts';
import type { Diagnostic, Place } from '../diagnostics.ts';
import { hostname as hostnameCheck } from '../keys/checks.ts';
import type { KeyName, Row } from '../keys/keys.ts';
import { findKey } from '../keys/keys.ts';
import { readSource } from './read-source.ts';
import { classify } from './user-data.ts';

export const cloudFiles = {
  userData: '/run/config/userdata',
  hostname: '/run/config/local_hostname',
  sshKeys: '/run/config/ssh/authorized_keys',
  /** User data that are a script or a binary, unpacked and executable. */
  program: '/run/config/userdata-program',
} as const;

/** Bytes; more than any source may give. */
const sizeLimit = 40 * 1024 * 1024;

export interface CloudSources {
  readonly parsed: readonly Parsed[];
  /** The user data are a program, which runs after all commands of run_cmd. */
  readonly program?: Place;
}

export async function readCloud(host: Host, root: string): Promise<CloudSources> {
  const parsed = [
    await readWith(host, root, cloudFiles.hostname, parseHostname),
    await readWith(host, root, cloudFiles.sshKeys, parseKeys),
  ];
  const file = cloudFiles.userData;
  const data = await readSource(host, root, file, sizeLimit, 'cloud');
  if (!(data instanceof Uint8Array)) return { parsed: data === undefined ? parsed : [...parsed, data] };
  const form = await classify(data);
  if (form.kind === 'nothing') return { parsed };
  if (form.kind === 'unusable') return { parsed: [...parsed, faulty(file, 'error', form.problem)] };
  if (form.kind === 'program') {
    // The search puts it there; without it there is nothing to run.
    const there = await host.files.exists(join(root, cloudFiles.program));
    return there ? { parsed, program: { file } } : { parsed };
  }
  const { parseConfigYaml } = await import('../yaml/yaml.ts');
  return { parsed: [...parsed, onlyRuntime(parseConfigYaml(form.data, file, 'cloud'))] };
}

type Parser = (text: string, file: string) => Parsed;

async function readWith(host: Host, root: string, file: string, parse: Parser): Promise<Parsed> {
  const data = await readSource(host, root, file, sizeLimit, 'cloud');
  if (data === undefined) return { layer: emptyLayer('cloud'), diagnostics: [] };
  return data instanceof Uint8Array ? parse(Buffer.from(data).toString('utf8'), file) : data;
}

const parseHostname: Parser = (text, file) => {
  const name = text.trim();
  if (name === '') return { layer: emptyLayer('cloud'), diagnostics: [] };
  const problem = hostnameCheck(name);
  if (problem !== undefined)
    return faulty(file, 'warning', `${problem}; the cloud's name is not used`, 'hostname');
  return { layer: layerOf('hostname', { value: name, place: { file } }), diagnostics: [] };
};

const parseKeys: Parser = (text, file) => {
  const keys: string[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) continue;
    // A literal key: a cloud does not send the machine to other servers for keys.
    const problem = isPublicKeyLine(line)
      ? publicKeyFault(line)
      : 'expected a public key as in authorized_keys';
    if (problem === undefined) {
      keys.push(line);
    } else {
      const message = `${problem}; this line is not used`;
      const place = { file, line: index + 1 };
      diagnostics.push({ severity: 'warning', place, key: 'ssh_authorized_keys', message });
    }
  }
  if (keys.length === 0) return { layer: emptyLayer('cloud'), diagnostics };
  return { layer: layerOf('ssh_authorized_keys', { value: keys, place: { file } }), diagnostics };
};

const layerOf = (name: KeyName, entry: LayerEntry): Layer => ({
  kind: 'cloud',
  entries: new Map([[name, entry]]),
});

function faulty(file: string, severity: Diagnostic['severity'], message: string, key?: string): Parsed {
  const diagnostic = { severity, place: { file }, message, ...(key === undefined ? {} : { key }) };
  return { layer: emptyLayer('cloud'), diagnostics: [diagnostic] };
}

/** User data come in the runtime phase: what acts before it, or steers the search that found them, is too late. */
function onlyRuntime({ layer, diagnostics }: Parsed): Parsed {
  const entries = new Map<KeyName, LayerEntry>();
  const late: Diagnostic[] = [];
  for (const [name, entry] of layer.entries) {
    const row = findKey(name);
    const problem = row === undefined ? undefined : tooLate(row);
    if (problem === undefined) entries.set(name, entry);
    else late.push({ severity: 'warning', place: entry.place, key: name, message: problem });
  }
  return { layer: { kind: 'cloud', entries }, diagnostics: [...diagnostics, ...late] };
}

function tooLate({ name, phases }: Row): string | undefined {
  if (name === 'bos.data_sources') return 'chooses where user data come from; in user data it is too late';
  if (phases.includes('runtime')) return undefined;
  const when = phases.includes('install') ? 'during an installation' : `in the ${phases.join(' and ')} phase`;
  return `acts only ${when}; user data come too late for it`;
}
