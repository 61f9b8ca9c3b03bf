/**
 * What makes this machine reachable, on its way to the new system: keys of the configuration, below those that a person
 * wrote, and the host keys of ssh as files. Reads only.
 */
import type { Config } from '../../../config/config.ts';
import type { Diagnostic } from '../../../config/diagnostics.ts';
import { hostname as hostnameFault } from '../../../config/keys/checks.ts';
import type { KeyName } from '../../../config/keys/keys.ts';
import { fromRunning, type RunningNetwork } from '../../../config/network-formats/from-running.ts';
import { lostWays } from '../../../config/network-formats/ways-out.ts';
import { merge } from '../../../config/sources/merge.ts';
import { parseConfigYaml } from '../../../config/yaml/yaml.ts';
import { messageOf } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import type { CarryKind } from './kinds.ts';
import { type HostKeyFile, readHostKeys, readUserKeys, type UserKeys, userOf } from './read-logins.ts';
import { readRunningNetwork } from './read-network.ts';
import { sshdSettings } from './sshd-settings.ts';
import { keysInWords, networkInWords } from './words.ts';

export interface Carried {
  readonly config: Config;
  readonly hostKeys: readonly HostKeyFile[];
  /** What each key of `config` holds, for a person. */
  readonly words: ReadonlyMap<KeyName, string>;
  /** What cannot be carried, by the key that would have held it. */
  readonly warnings: readonly (Diagnostic & { readonly key: KeyName })[];
  /** Interfaces by which this system is reached, when nothing that is carried would lead to the new one. */
  readonly lostWays: readonly string[];
}

type Part = Pick<Carried, 'config' | 'words' | 'warnings'> & Partial<Pick<Carried, 'lostWays'>>;

export async function gatherCarried(host: Host, kinds: ReadonlySet<CarryKind>): Promise<Carried> {
  const settings = await sshdSettings(host);
  const parts = [
    ...(kinds.has('network') ? [await network(host)] : []),
    ...(kinds.has('authorized-keys')
      ? [keysPart(await readUserKeys(host, await usersOf(host), settings), settings.otherSources)]
      : []),
    ...(kinds.has('hostname') ? [await name(host)] : []),
  ];
  return {
    config: Object.assign({}, ...parts.map(({ config }) => config)),
    hostKeys: kinds.has('host-keys') ? await readHostKeys(host, settings) : [],
    words: new Map(parts.flatMap(({ words }) => [...words])),
    warnings: parts.flatMap(({ warnings }) => warnings),
    lostWays: parts.flatMap(({ lostWays = [] }) => lostWays),
  };
}

/** root, and who became root to type the command: `su -` forgets what sudo says, but the kernel knows who has logged in. */
async function usersOf({ files, system }: Host): Promise<readonly string[]> {
  const typed = system.env.SUDO_USER ?? system.env.DOAS_USER ?? '';
  if (typed !== '') return ['root', typed];
  const login = (await files.readText('/proc/self/loginuid').catch(() => '')).trim();
  const user = await userOf(files, login);
  return user === undefined ? ['root'] : ['root', user];
}

async function network(host: Host): Promise<Part> {
  let running: RunningNetwork;
  try {
    running = await readRunningNetwork(host);
  } catch (error) {
    const message = `the network of this system cannot be read, and is not carried over: ${messageOf(error)}`;
    return { config: {}, words: new Map(), warnings: [warning('bos.network', message)] };
  }
  const { config: said, notes } = fromRunning(running);
  const { layer, diagnostics } = parseConfigYaml(JSON.stringify(said), 'this system', 'system');
  const { config } = merge([layer]);
  const interfaces = config['bos.network'] ?? [];
  return {
    config,
    words: new Map([['bos.network', networkInWords(interfaces)]]),
    warnings: [
      ...notes.map(([, message]) => message),
      ...diagnostics.map(({ key, message }) => `${key === undefined ? '' : `${key}: `}${message}`),
    ].map((message) => warning('bos.network', message)),
    lostWays: lostWays(running, interfaces),
  };
}

function keysPart(found: readonly UserKeys[], otherSources: readonly string[]): Part {
  const keys = [...new Set(found.flatMap((one) => one.keys))];
  const key = 'ssh_authorized_keys';
  return {
    config: keys.length === 0 ? {} : { [key]: keys },
    words: new Map(keys.length === 0 ? [] : [[key, keysInWords(found)]]),
    warnings: [
      ...found.flatMap(({ user, left }) =>
        left.map((why) => warning(key, `a line of the authorized_keys of ${user} ${why}; it is left out`)),
      ),
      ...otherSources.map((name) => warning(key, `keys by ${name} of sshd cannot be carried over`)),
    ],
  };
}

async function name({ files }: Host): Promise<Part> {
  const read = await files.readText('/proc/sys/kernel/hostname').catch(() => '');
  const hostname = read.trim();
  const none = { config: {}, words: new Map<KeyName, string>() };
  // What a kernel has that nobody gave a name.
  if (['', '(none)'].includes(hostname) || /^localhost(\.|$)/.test(hostname))
    return { ...none, warnings: [] };
  if (hostnameFault(hostname) !== undefined)
    return { ...none, warnings: [warning('hostname', `"${hostname}" is not a host name; it is left out`)] };
  return {
    config: { hostname },
    words: new Map([['hostname', `the host name ${hostname}`]]),
    warnings: [],
  };
}

const warning = (key: KeyName, message: string) =>
  ({ severity: 'warning', place: { file: 'this system' }, key, message }) as const;
