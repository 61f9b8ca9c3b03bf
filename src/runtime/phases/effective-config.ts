/**
 * The configuration that a process applies. Before the runtime phase that is what lies on the machine; the runtime
 * phase asks the data sources first, and what they gave comes on top.
 */
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Diagnostic } from '../../config/diagnostics.ts';
import type { KeyName } from '../../config/keys/keys.ts';
import { loadConfig, stateVar } from '../../config/sources/sources.ts';
import type { Host } from '../../host/ports.ts';
import type { RunPhase } from '../appliers/applier.ts';
import type { SearchLine, SourceName } from '../data-sources/index.ts';

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

/** `tell` takes what the search for user data says. */
export async function effectiveConfig(
  host: Host,
  root: string,
  phase: RunPhase,
  tell: (line: SearchLine) => void,
): Promise<EffectiveConfig> {
  const onMachine = await loadConfig(host, root);
  if (phase !== 'runtime') {
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
  await fetchUserData(host, { root, names: names as readonly SourceName[], log: tell });
  return (await host.files.exists(results)) ? loadConfig(host, root, { cloud: true }) : onMachine;
}

/** The early phases read files of the state before /var is mounted; by the time people look, it is. */
const asSeenLater = (diagnostic: Diagnostic): Diagnostic => {
  const { place } = diagnostic;
  if (!place.file.startsWith(`${stateVar}/`)) return diagnostic;
  return { ...diagnostic, place: { ...place, file: place.file.replace(stateVar, '/var') } };
};
