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
  /** What identifies the request when it is the file that makes it silent: see fileRequest. */
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

/** They stand for the ISO beside which they were given. */
const ofTheIso: readonly string[] = ['bos.install.iso_sha256', 'bos.install.insecure'];

/**
 * The id of a request that the file of the medium makes: that of its words, the same whatever else stands in the file,
 * then a dot and that of the file itself beside the arguments of the command line (`line`, their id). The second one is
 * what the initrd can find out, which reads no YAML (file_request_id in os/initrd/lib/command-line.sh).
 */
const fileRequest = (words: readonly string[], line: string, file: Uint8Array): string =>
  [Buffer.from(words.toSorted().join('\n')), Buffer.concat([Buffer.from(`${line}\n`), file])]
    .map((data) => sha256Of(data).slice(0, 16))
    .join('.');

/**
 * `line` is the id that the initrd gave to the arguments of the command line. Throws `config-invalid` (usage) when a key
 * of the installer in the file is faulty, or the file is no YAML. A person who types a command (`started` false) says what
 * is wanted, whatever is wrong there.
 */
export async function withMediumKeys(
  host: Host,
  commandLine: Layer,
  { started, line = '' }: { readonly started: boolean; readonly line?: string | undefined },
): Promise<InstallKeys> {
  const { layer, diagnostics, bytes } = await readMediumFile(host);
  if (started) requireValid(diagnostics.filter(concernsInstallation));
  const given = [...layer.entries].filter(
    ([name, { value }]) => isInstallKey(name) && value !== null && !commandLine.entries.has(name),
  );
  const own = given.filter(
    ([name]) => !ofTheIso.includes(name) || !commandLine.entries.has('bos.install.iso_url'),
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
    silentBy: fileRequest(words, line, bytes),
  };
}

async function readMediumFile(host: Host): Promise<Parsed & { readonly bytes: Uint8Array }> {
  const data = await readSource(host, '/', systemConfigPath, configSizeLimit, 'system');
  if (data instanceof Uint8Array)
    return { ...parseConfigYaml(data, systemConfigPath, 'system'), bytes: data };
  return { ...(data ?? { layer: emptyLayer('system'), diagnostics: [] }), bytes: Buffer.alloc(0) };
}

/** What is wrong elsewhere in the file is said by the system that runs. */
const concernsInstallation = ({ key, about = [] }: Diagnostic): boolean =>
  key === undefined || key.startsWith('bos.install') || about.some(isInstallKey);
