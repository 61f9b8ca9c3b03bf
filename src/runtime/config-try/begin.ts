/** Begins a trial of a configuration: everything is checked, and put where a restart forgets it; nothing is applied yet. */
import { join } from 'node:path';
import { type Diagnostic, requireValid } from '../../config/diagnostics.ts';
import type { KeyName } from '../../config/keys/keys.ts';
import { loadConfig } from '../../config/sources/sources.ts';
import { triedConfigFolder } from '../../config/sources/tried-files.ts';
import { parseConfigYaml } from '../../config/yaml/yaml.ts';
import { refused, usage } from '../../errors.ts';
import { withLock } from '../../host/lock.ts';
import type { Host } from '../../host/ports.ts';
import { onePhaseAtATime } from '../phases/phases.ts';
import { triableKeys } from './apply.ts';
import { readTry, removeTry, triedFile, writeTry } from './record.ts';

export interface TryRequest {
  /** What the file is called in config.d. */
  readonly name: string;
  /** For messages. */
  readonly shown: string;
  readonly bytes: Uint8Array;
  readonly seconds: number;
}

/** Throws `config-invalid`, `try-keys`, `try-empty` (usage), `try-running`, `try-overruled` (refused). */
export async function beginTry(
  host: Host,
  root: string,
  request: TryRequest,
): Promise<readonly Diagnostic[]> {
  const { name, shown, bytes, seconds } = request;
  const { layer, diagnostics } = parseConfigYaml(bytes, shown);
  requireValid(diagnostics);
  const keys = [...layer.entries.keys()];
  requireTriable(keys, shown);
  return withLock(host, onePhaseAtATime(root), async () => {
    if ((await readTry(host, root)) !== undefined)
      throw refused('try-running', 'A configuration is being tried already', {
        hint: 'Keep it with `sudo opsctl config confirm`, or wait until it is taken back.',
      });
    try {
      await writeTry(host, root, { v: 1, name, seconds, state: 'asked' });
      await host.files.makeDir(join(root, triedConfigFolder), 0o700);
      await host.files.write(triedFile(root, { name }), bytes, { mode: 0o600 });
      await requireEffect(host, root, keys, `${triedConfigFolder}/${name}`);
    } catch (error) {
      await removeTry(host, root);
      throw error;
    }
    return diagnostics;
  });
}

function requireTriable(keys: readonly KeyName[], shown: string): void {
  const others = keys.filter((key) => !triableKeys.includes(key));
  if (others.length > 0)
    throw usage('try-keys', `${shown} has keys that cannot be taken back: ${others.join(', ')}`, {
      hint: `Only these can be tried: ${triableKeys.join(', ')}. Write the others to /var/lib/bhojpur/os/config.yaml.`,
    });
  if (keys.length === 0) throw usage('try-empty', `${shown} says nothing to try`);
}

/** That no source behind config.d says the same key: what is tried would not be what is in force. */
async function requireEffect(
  host: Host,
  root: string,
  keys: readonly KeyName[],
  file: string,
): Promise<void> {
  const cloud = await host.files.exists(join(root, '/run/config'));
  const { origins } = await loadConfig(host, root, cloud ? { cloud } : {});
  for (const key of keys) {
    const places = origins.get(key) ?? [];
    const last = places.at(-1);
    if (last === undefined || places.some((place) => place.file === file)) continue;
    throw refused('try-overruled', `${key} would have no effect: ${last.file} says it, too, and wins`, {
      hint: 'Change it there, or give the file a name that comes behind: later files of config.d win.',
    });
  }
}
