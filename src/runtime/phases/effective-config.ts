/**
 * The configuration that a process applies. Before the runtime phase that is what lies on the machine, and how a disk of
 * a data source says the network is; the runtime phase asks the data sources first, and what they gave comes on top.
 */
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Diagnostic } from '../../config/diagnostics.ts';
import type { KeyName } from '../../config/keys/keys.ts';
import { cloudNetworkFolder } from '../../config/sources/cloud-network-files.ts';
import { loadConfig, stateVar } from '../../config/sources/sources.ts';
import type { Host } from '../../host/ports.ts';
import type { RunPhase } from '../appliers/applier.ts';
import type { SearchLine, SourceName } from '../data-sources/index.ts';
import { takeSeed } from '../seed/take-seed.ts';

/** Acts here and has no applier: it says where configuration comes from. */
export const searchKey = 'bos.data_sources' satisfies KeyName;

/** Where a search leaves what it found. */
const resultsFolder = '/run/config';

export interface EffectiveConfig {
  readonly config: Config;
  readonly diagnostics: readonly Diagnostic[];
  /** Those of them after which nobody knows what this machine is to be. */
  readonly unsettled: readonly Diagnostic[];
}

/** What the boot partition says is no key: the log and the status call it so. */
export const seedKey = 'boot partition';

/** `tell` takes what the search for user data says, and what was found on the boot partition. */
export async function effectiveConfig(
  host: Host,
  root: string,
  phase: RunPhase,
  tell: (key: string, line: SearchLine) => void,
): Promise<EffectiveConfig> {
  await takeSeed(host, root, (line) => tell(seedKey, line));
  let onMachine = await loadConfig(host, root);
  if (await takesNetwork(host, root, onMachine.config, tell)) onMachine = await loadConfig(host, root);
  if (phase !== 'runtime') {
    await plansToAsk(host, root, onMachine.config);
    const { diagnostics, unsettled } = onMachine;
    return {
      ...onMachine,
      diagnostics: diagnostics.map(asSeenLater),
      unsettled: unsettled.map(asSeenLater),
    };
  }
  const names = onMachine.config[searchKey] ?? [];
  const results = join(root, resultsFolder);
  // Even with no source left to ask: what an earlier search found must not stay in force.
  if (names.length === 0 && !(await host.files.exists(results))) return onMachine;
  const { fetchUserData } = await import('../data-sources/index.ts');
  // The key's choices are the names of the sources.
  await fetchUserData(host, {
    root,
    names: names as readonly SourceName[],
    log: (line) => tell(searchKey, line),
  });
  return (await host.files.exists(results)) ? loadConfig(host, root, { cloud: true }) : onMachine;
}

/** What a disk says of the network is read before that is needed. Loaded only where there is something to do. */
async function takesNetwork(
  host: Host,
  root: string,
  config: Config,
  tell: (key: string, line: SearchLine) => void,
): Promise<boolean> {
  const names = config[searchKey] ?? [];
  const isAsked = names.includes('cdrom') || names.includes('openstack');
  if (!isAsked && !(await host.files.exists(join(root, cloudNetworkFolder)))) return false;
  const { takeNetwork } = await import('../data-sources/take-network.ts');
  return takeNetwork(host, root, names, (line) => tell(searchKey, line));
}

/** Where the network is known by a metadata service alone, a unit asks it. Loaded only where one may have to be asked. */
async function plansToAsk(host: Host, root: string, config: Config): Promise<void> {
  const names = config[searchKey] ?? [];
  if (!names.includes('digitalocean') && !names.includes('hetzner')) return;
  const { planToAsk } = await import('../data-sources/early/to-ask.ts');
  await planToAsk(host, root, names, config);
}

/** The early phases read files of the state before /var is mounted; by the time people look, it is. */
const asSeenLater = (diagnostic: Diagnostic): Diagnostic => {
  const { place } = diagnostic;
  if (!place.file.startsWith(`${stateVar}/`)) return diagnostic;
  return { ...diagnostic, place: { ...place, file: place.file.replace(stateVar, '/var') } };
};
