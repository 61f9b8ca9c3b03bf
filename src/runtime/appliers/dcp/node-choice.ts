/**
 * A live system becomes a server or an agent: what the local configuration is to say for that. It keeps its other
 * keys, and takes back what earlier sources say against the choice, such as a server_url on the command line.
 */
import { dirname, join } from 'node:path';
import type { DcpRole } from '../../../config/checks/dcp-arguments.ts';
import type { Config, LayerValue } from '../../../config/config.ts';
import { requireValid } from '../../../config/diagnostics.ts';
import type { KeyName } from '../../../config/keys/keys.ts';
import { hideSecrets } from '../../../config/keys/secrets.ts';
import { renderConfigYaml } from '../../../config/render.ts';
import { loadConfig, localConfigFolder } from '../../../config/sources/sources.ts';
import { parseConfigYaml } from '../../../config/yaml/yaml.ts';
import type { Host } from '../../../host/ports.ts';

export interface NodeChoice {
  readonly role: DcpRole;
  /** An agent's. */
  readonly serverUrl?: string;
  readonly token?: string;
}

export interface LocalFile {
  readonly path: string;
  /** The whole file. It can hold secrets. */
  readonly text: string;
  /** The same for people: secrets read `(hidden)`. */
  readonly shown: string;
}

export const localConfigPath = `${localConfigFolder}/config.yaml`;

/** What the file says now, by key; null where it removes one. Throws `config-invalid` (usage) when it is faulty. */
export async function readLocalFile(host: Host, root: string): Promise<ReadonlyMap<KeyName, LayerValue>> {
  const path = join(root, localConfigPath);
  if (!(await host.files.exists(path))) return new Map();
  const { layer, diagnostics } = parseConfigYaml(await host.files.read(path), localConfigPath);
  // It is written anew: what has no effect would be lost.
  requireValid(
    diagnostics.map((found) => (found.severity === 'warning' ? { ...found, severity: 'error' } : found)),
  );
  return new Map([...layer.entries].map(([key, { value }]) => [key, value]));
}

/** The file with the choice in it; nothing is written. Throws as readLocalFile does. */
export async function planLocalFile(host: Host, root: string, choice: NodeChoice): Promise<LocalFile> {
  const values = new Map(await readLocalFile(host, root));
  const { config: effective, unsettled } = await loadConfig(host, root, { cloud: true });
  // A faulty source may have said something about these; the choice settles it.
  const doubted = new Set(unsettled.flatMap(({ about = [] }) => about));
  const choose = (key: KeyName, value: string | undefined) => {
    if (value !== undefined) values.set(key, value);
    else if (effective[key] !== undefined || doubted.has(key)) values.set(key, null);
  };
  choose('bos.server_url', choice.serverUrl);
  choose('bos.token', choice.token);
  // They decide the role and would win; those of the role that was chosen are kept.
  const [role] = effective['bos.dcp_args'] ?? [];
  // Those that begin with an option follow the choice.
  const isOther = role !== undefined && !role.startsWith('-') && role !== choice.role;
  if (isOther || doubted.has('bos.dcp_args')) choose('bos.dcp_args', undefined);
  return { path: localConfigPath, text: render(values), shown: render(hidden(values)) };
}

/** Atomic, and for root alone. */
export async function writeLocalFile(host: Host, root: string, file: LocalFile): Promise<void> {
  const path = join(root, file.path);
  await host.files.makeDir(dirname(path), 0o755);
  await host.files.writeAtomic(path, file.text, { mode: 0o600 });
}

type Values = ReadonlyMap<KeyName, LayerValue>;

/** A layer's null is no value of a configuration, but the same in YAML. */
const render = (values: Values): string => renderConfigYaml(Object.fromEntries(values) as Config);

function hidden(values: Values): Values {
  const present = [...values].filter(([, value]) => value !== null);
  return new Map([
    ...[...values].filter(([, value]) => value === null),
    ...(Object.entries(hideSecrets(Object.fromEntries(present) as Config)) as [KeyName, LayerValue][]),
  ]);
}
