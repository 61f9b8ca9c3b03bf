/**
 * Which keys of the installer's kernel command line the installed system gets. Its commands act in the installer's own
 * system, as they would in any that is started with them, and not at every boot of what it installs. Pure.
 */
import type { Config, Layer } from '../config/config.ts';
import type { Diagnostic } from '../config/diagnostics.ts';
import { type KeyName, rows } from '../config/keys/keys.ts';

/** Where the search for user data leaves what it finds. */
const foundFolder = '/run/config/';

const commands: readonly KeyName[] = ['init_cmd', 'boot_cmd', 'run_cmd'];

/** The keys that act in the installed system, without those of the installer and of the boot loader. */
export function carriedKeys(config: Config, configUrl: string | undefined): Config {
  const acting = new Set<KeyName>(
    rows
      .filter((row) => row.phases.some((phase) => phase !== 'install' && phase !== 'loader'))
      .map((row) => row.name),
  );
  for (const name of ownKeys(configUrl)) acting.delete(name);
  return Object.fromEntries(Object.entries(config).filter(([name]) => acting.has(name as KeyName)));
}

/** What is said about those that stay behind, where the command line has them. */
export function leftBehind(layer: Layer, configUrl: string | undefined): Diagnostic[] {
  return ownKeys(configUrl).flatMap((key): Diagnostic[] => {
    const entry = layer.entries.get(key);
    if (entry === undefined) return [];
    const message =
      'acts in this system only; for the installed system, put it in the configuration that is installed';
    return [{ severity: 'warning', place: entry.place, key, message }];
  });
}

/** User data that are the configuration to install are asked for by the installer, and by nobody later. */
const ownKeys = (configUrl: string | undefined): readonly KeyName[] =>
  isFound(configUrl) ? [...commands, 'bos.data_sources'] : commands;

/** Whether the configuration comes from the user data of this system. */
export const isFound = (configUrl: string | undefined): boolean =>
  (configUrl ?? '').replace(/^file:\/\/(localhost)?(?=\/)/i, '').startsWith(foundFolder);
