/**
 * Where the configuration of a running system comes from, in the order in which later wins: the network as a cloud
 * says it, the system's file, the kernel command line, the local file, config.d by name, what lies on the boot partition (the seed), and in the
 * runtime phase the cloud. A file that `opsctl config try` tries is one of config.d. A source that cannot be read is reported and the rest applies.
 */
import { join } from 'node:path';
import type { Host } from '../../host/ports.ts';
import { parseCommandLine } from '../command-line/command-line.ts';
import type { LayerKind, Parsed } from '../config.ts';
import { emptyLayer } from '../config.ts';
import type { Diagnostic, Place } from '../diagnostics.ts';
import { seedOriginPath } from '../seed/seed-files.ts';
import { cloudFiles, readCloud } from './cloud-layers.ts';
import { cloudNetworkOrigin, metadataNetworkOrigin } from './cloud-network-files.ts';
import type { Merged } from './merge.ts';
import { merge } from './merge.ts';
import { readSource, reasonOf, unreadable } from './read-source.ts';
import { replacedNetworks } from './replaced-network.ts';
import { triedConfigFolder } from './tried-files.ts';
import { unsettledFaults } from './unsettled.ts';

export const systemConfigPath = '/bos/system/config.yaml';
/** What the initrd found of a disk image that starts for the first time: in place of the system's file. */
export const pendingSettingsFolder = '/run/bos/settings';
export const pendingConfigPath = `${pendingSettingsFolder}/config.yaml`;
export const localConfigFolder = '/var/lib/bhojpur/os';
/** Before the state's var is bound to /var, its files are seen here. */
export const stateVar = '/run/bos/state/bos/data/var';

/** Bytes. The parser refuses less, and says so; this keeps what is no configuration at all out of memory. */
const fileLimit = 64 * 1024 * 1024;
/** Of config.d, by name: a program that goes wrong must not hold up the boot. All of them together have `fileLimit`. */
const mostFiles = 1000;

export interface SourcesOptions {
  /**
   * Whether what a cloud gave is among the sources: in the runtime phase, once the data sources have been asked,
   * and for people who want to see what is in force.
   */
  readonly cloud?: boolean;
}

export interface Sources {
  readonly parsed: readonly Parsed[];
  /** Where user data came from that are a program and no configuration. */
  readonly program?: Place;
  /** Commands of the seed that this instance has not run yet. */
  readonly once?: { readonly commands: readonly string[]; readonly place: Place };
}

/** Reads every source below `root` (`/` in the OS). Paths in diagnostics are those of the running system. */
export async function readSources(
  host: Host,
  root: string,
  { cloud = false }: SourcesOptions = {},
): Promise<Sources> {
  const local = await localFolder(host, root);
  const pending = await host.files.exists(join(root, pendingConfigPath));
  const parsed = [
    await readFile(host, root, pending ? pendingConfigPath : systemConfigPath, 'system'),
    await readCommandLine(host, root),
    await readFile(host, root, `${local}/config.yaml`, 'local'),
    ...(await readFolder(host, root, `${local}/config.d`)),
  ];
  const fromCloud = cloud ? await readCloud(host, root) : { parsed: [] };
  // Loaded here: most systems have none.
  const seed = (await host.files.exists(join(root, seedOriginPath)))
    ? await (await import('../seed/seed-layers.ts')).readSeed(host, root)
    : undefined;
  const origins = [cloudNetworkOrigin, metadataNetworkOrigin].map((path) =>
    host.files.exists(join(root, path)),
  );
  const network = (await Promise.all(origins)).includes(true)
    ? await (await import('./cloud-network.ts')).readCloudNetwork(host, root)
    : [];
  const all = [...network, ...parsed, ...(seed?.parsed ?? []), ...fromCloud.parsed];
  return {
    parsed: all,
    ...(seed === undefined || seed.once.length === 0
      ? {}
      : { once: { commands: seed.once, place: seed.oncePlace } }),
    ...(fromCloud.program === undefined ? {} : { program: fromCloud.program }),
  };
}

/** What all sources say together. */
export interface Loaded extends Merged {
  readonly diagnostics: readonly Diagnostic[];
  /** Those of the diagnostics after which nobody knows what this machine is to be. */
  readonly unsettled: readonly Diagnostic[];
}

/**
 * The effective configuration and everything that was wrong with its sources. User data that are a program are the
 * last of run_cmd, behind the commands of the seed.
 */
export async function loadConfig(host: Host, root: string, options: SourcesOptions = {}): Promise<Loaded> {
  const { parsed, program, once } = await readSources(host, root, options);
  const merged = merge(parsed.map(({ layer }) => layer));
  const seeded = once === undefined ? merged : withCommands(merged, once.commands, once.place);
  return {
    ...(program === undefined ? seeded : withCommands(seeded, [cloudFiles.program], program)),
    diagnostics: [...parsed.flatMap(({ diagnostics }) => diagnostics), ...replacedNetworks(parsed)],
    unsettled: unsettledFaults(parsed, merged.config),
  };
}

function withCommands({ config, origins }: Merged, commands: readonly string[], place: Place): Merged {
  return {
    config: { ...config, run_cmd: [...(config.run_cmd ?? []), ...commands] },
    origins: new Map([...origins, ['run_cmd', [...(origins.get('run_cmd') ?? []), place]]]),
  };
}

/** While an installed system starts and the state's var is not yet /var, the local files are on the state. */
async function localFolder(host: Host, root: string): Promise<string> {
  // The fifth field is where something is mounted (proc(5), /proc/PID/mountinfo).
  const mounts = await host.files.readText(join(root, '/proc/self/mountinfo')).catch(() => '');
  if (/^(?:\S+ ){4}\/var /m.test(mounts)) return localConfigFolder;
  const beforeMount = join(stateVar, 'lib/bhojpur/os');
  return (await host.files.exists(join(root, beforeMount))) ? beforeMount : localConfigFolder;
}

/** What editors, patch(1), people and package managers leave behind. */
const leftoverEndings =
  /\.(ba?k|backup|disabled|old|orig|part|rej|save|te?mp|sw[a-p]|(dpkg|ucf)-\w+|apk-new|(rpm|pac)(save|new|orig))$/i;
const isLeftover = (name: string): boolean => /^[.#]|~$/.test(name) || leftoverEndings.test(name);

async function readFolder(host: Host, root: string, folder: string): Promise<Parsed[]> {
  let names: string[];
  const tried: readonly string[] = await host.files.list(join(root, triedConfigFolder)).catch(() => []);
  try {
    const stat = await host.files.stat(join(root, folder));
    if (stat?.type === 'file') return [unreadable(folder, 'local', 'it is not a folder')];
    names = await host.files.list(join(root, folder));
  } catch (error) {
    return [unreadable(folder, 'local', reasonOf(error))];
  }
  const parsed: Parsed[] = [];
  const wanted = [...new Set([...names, ...tried])].filter((name) => !isLeftover(name)).toSorted();
  const budget = { left: fileLimit };
  for (const name of wanted.slice(0, mostFiles)) {
    const from = tried.includes(name) ? triedConfigFolder : folder;
    parsed.push(await readFile(host, root, `${from}/${name}`, 'local', budget));
  }
  if (wanted.length > mostFiles)
    parsed.push(
      unreadable(
        `${folder}/${wanted[mostFiles]}`,
        'local',
        `the folder has ${wanted.length} files, of which the first ${mostFiles} are read`,
      ),
    );
  return parsed;
}

async function readFile(
  host: Host,
  root: string,
  path: string,
  kind: LayerKind,
  budget = { left: fileLimit },
): Promise<Parsed> {
  const data = await readSource(host, root, path, budget.left, kind);
  if (data === undefined) return { layer: emptyLayer(kind), diagnostics: [] };
  if (!(data instanceof Uint8Array)) return data;
  budget.left -= data.length;
  // Loaded here: many systems have no file at all, and the YAML parser takes a while to load.
  const { parseConfigYaml } = await import('../yaml/yaml.ts');
  return parseConfigYaml(data, path, kind);
}

async function readCommandLine(host: Host, root: string): Promise<Parsed> {
  try {
    return parseCommandLine(await host.files.readText(join(root, '/proc/cmdline')));
  } catch (error) {
    return unreadable('/proc/cmdline', 'command-line', reasonOf(error));
  }
}
