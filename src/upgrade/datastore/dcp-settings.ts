/**
 * What decides where DCP keeps its datastore, and whether that is this node's alone: its arguments, its environment and
 * its own configuration file, in the order in which DCP takes them (k3s, pkg/configfilearg). Pure.
 */

/** The names of each setting: the option, its short form, and what ends the names of its variables. */
const settings = {
  dataDir: { option: 'data-dir', short: 'd', variable: 'DATA_DIR' },
  endpoint: { option: 'datastore-endpoint', variable: 'DATASTORE_ENDPOINT' },
  clusterInit: { option: 'cluster-init', variable: 'CLUSTER_INIT' },
  server: { option: 'server', short: 's', variable: 'URL' },
  configFile: { option: 'config', short: 'c', variable: 'CONFIG_FILE' },
} as const;
export type DcpSetting = keyof typeof settings;

/** DCP is compatible with k3s: a build that was not renamed reads the second. */
const variablePrefixes = ['DCP', 'K3S'] as const;

export interface DcpSources {
  /** With or without the role in front. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What its own configuration files say; the later wins. */
  readonly files?: readonly Readonly<Record<string, unknown>>[];
}

/** The setting as a text; undefined for none, and for one that is empty. A switch is `true` or `false`. */
export function dcpSetting(name: DcpSetting, { args, env, files = [] }: DcpSources): string | undefined {
  const { option, variable } = settings[name];
  const found = [
    inArguments(name, args),
    ...variablePrefixes.map((prefix) => env[`${prefix}_${variable}`]),
    ...files.toReversed().map((file) => textOf(file[option])),
  ];
  return found.find((value) => value !== undefined && value !== '');
}

/** The last one counts. A value is in the same argument behind `=`, or the next one. */
function inArguments(name: DcpSetting, args: readonly string[]): string | undefined {
  const { option } = settings[name];
  const short = 'short' in settings[name] ? settings[name].short : undefined;
  const isSwitch = name === 'clusterInit';
  let found: string | undefined;
  args.forEach((argument, index) => {
    const [, flag, value] = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(argument) ?? [];
    if (flag === undefined || (flag !== option && flag !== short)) return;
    found = value ?? (isSwitch ? 'true' : args[index + 1]);
  });
  return found;
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined;
