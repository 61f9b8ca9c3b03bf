/** What an applier is: the code that gives a key, or keys that act together, their effect. It returns, or throws what a person should read. */
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Diagnostic } from '../../config/diagnostics.ts';
import type { Phase } from '../../config/keys/key-types.ts';
import type { KeyName, KeyValue } from '../../config/keys/keys.ts';
import type { Host } from '../../host/ports.ts';

export type RunPhase = Extract<Phase, 'initrd' | 'boot' | 'runtime'>;

export interface ApplyContext {
  readonly host: Host;
  readonly phase: RunPhase;
  readonly config: Config;
  /** A path of the OS on this machine: below the root that is set up. */
  path(path: string): string;
  /** What is wrong with the sources so that nobody knows what this machine is to be. */
  readonly unsettled?: readonly Diagnostic[];
  /** Aborted when the run is to stop: for what can take long. */
  readonly signal?: AbortSignal;
  /** Puts a line into the log that is no fault: what a command wrote, what was left as it is. */
  log?(message: string): void;
  /** The same for what a person should see although nothing failed: also in the status. */
  warn?(message: string): void;
}

interface Definition<K extends KeyName> {
  readonly key: K;
  /** Its effect lasts: of several phases in one process the first does it. */
  readonly once?: true;
  apply(context: ApplyContext, value: KeyValue<K>): Promise<void>;
}

export interface Applier {
  /** The key, or what several together are for; in logs. */
  readonly name: string;
  /** It runs in a phase in which one of them acts and has a value. */
  readonly keys: readonly KeyName[];
  /** It runs in its keys' phases even when none of them has a value. */
  readonly always: boolean;
  readonly once: boolean;
  run(context: ApplyContext): Promise<void>;
}

export function applier<K extends KeyName>(definition: Definition<K>): Applier {
  return {
    name: definition.key,
    keys: [definition.key],
    always: false,
    once: definition.once ?? false,
    run: async (context) => {
      const value = (context.config as { readonly [Name in K]?: KeyValue<K> })[definition.key];
      if (value !== undefined) await definition.apply(context, value);
    },
  };
}

/** For keys that together make one thing, such as a service and its arguments. */
export function jointApplier(
  definition: Pick<Applier, 'name' | 'keys' | 'run'> & Partial<Pick<Applier, 'always' | 'once'>>,
): Applier {
  return { always: false, once: false, ...definition };
}

export function applyContext(
  host: Host,
  root: string,
  phase: RunPhase,
  config: Config,
  log: (message: string) => void = () => {},
  unsettled: readonly Diagnostic[] = [],
): ApplyContext {
  return { host, phase, config, path: (path) => join(root, path), log, unsettled };
}

/** Gathers the faults of a key's parts, so that one faulty part does not keep the others from their effect. */
export function throwAll(faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(faults.join('; '));
}
