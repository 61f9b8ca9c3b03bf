/**
 * `bos.install.*` in the config.yaml of the medium that this live system was started from: they act as if they stood on
 * the kernel command line, which wins. A file that asks for a silent installation and names no other configuration is
 * also what the installed system gets.
 */
import type { Config, Layer, Parsed } from '../../config/config.ts';
import { emptyLayer } from '../../config/config.ts';
import { type Diagnostic, formatPlace, requireValid } from '../../config/diagnostics.ts';
import { findKey, type KeyName } from '../../config/keys/keys.ts';
import { merge } from '../../config/sources/merge.ts';
import { readSource } from '../../config/sources/read-source.ts';
import { systemConfigPath } from '../../config/sources/sources.ts';
import { configSizeLimit, parseConfigYaml } from '../../config/yaml/yaml.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';

export interface InstallKeys {
  /** Command line and file together. */
  readonly config: Config;
  /** A line for each key that the file gives, with its place. */
  readonly origins: readonly string[];
  /** What identifies the request when it is the file that makes it silent. */
  readonly silentBy?: string;
}

const isInstallKey = (name: KeyName): boolean =>
  findKey(name)?.phases.every((phase) => phase === 'install') === true;

/** The same request again, whatever these say. */
const passing: readonly KeyName[] = [
  'bos.install.always',
  'bos.install.silent',
  'bos.install.debug',
  'bos.install.power_off',
];

/**
 * Throws `config-invalid` (usage) when a key of the installer in the file is faulty, or the file is no YAML. A person
 * who types a command (`started` false) says what is wanted, whatever is wrong there.
 */
export async function withMediumKeys(
  host: Host,
  commandLine: Layer,
  { started }: { readonly started: boolean },
): Promise<InstallKeys> {
  const { layer, diagnostics } = await readMediumFile(host);
  if (started) requireValid(diagnostics.filter(concernsInstallation));
  const given = [...layer.entries].filter(
    ([name, { value }]) => isInstallKey(name) && value !== null && !commandLine.entries.has(name),
  );
  // A digest stands for the ISO beside which it was given.
  const own = given.filter(
    ([name]) => name !== 'bos.install.iso_sha256' || !commandLine.entries.has('bos.install.iso_url'),
  );
  const { config } = merge([{ kind: 'system', entries: new Map(own) }, commandLine]);
  const origins = own.map(([name, { place }]) => `${name} is from the medium: ${formatPlace(place)}`);
  const silent = own.find(([name]) => name === 'bos.install.silent')?.[1].value === true;
  if (!silent) return { config, origins };
  const words = own
    .filter(([name]) => !passing.includes(name))
    .map(([name, { value }]) => `${name}=${value}`);
  return {
    config: { 'bos.install.config_url': systemConfigPath, ...config },
    origins,
    silentBy: sha256Of(Buffer.from(words.toSorted().join('\n'))).slice(0, 16),
  };
}

async function readMediumFile(host: Host): Promise<Parsed> {
  const data = await readSource(host, '/', systemConfigPath, configSizeLimit, 'system');
  if (data === undefined) return { layer: emptyLayer('system'), diagnostics: [] };
  return data instanceof Uint8Array ? parseConfigYaml(data, systemConfigPath, 'system') : data;
}

/** What is wrong elsewhere in the file is said by the system that runs. */
const concernsInstallation = ({ key, about = [] }: Diagnostic): boolean =>
  key === undefined || key.startsWith('bos.install') || about.some(isInstallKey);
