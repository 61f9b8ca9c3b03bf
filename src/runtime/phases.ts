/**
 * Applies the configuration in the OS, phase by phase. A source, a key or a part that fails is reported and stops
 * nothing else: a machine that boots with a wrong time server can be corrected, one that does not boot cannot.
 */
import type { Config } from '../config/config.ts';
import { formatPlace } from '../config/diagnostics.ts';
import { findKey } from '../config/keys.ts';
import { secretsOf } from '../config/secrets.ts';
import { loadConfig } from '../config/sources.ts';
import type { Host } from '../host/ports.ts';
import type { Applier, RunPhase } from './applier.ts';
import { applyContext, messageOf } from './applier.ts';
import { appliers as allAppliers } from './appliers/index.ts';
import { readBootFacts } from './boot-facts.ts';
import { identityParts } from './identity.ts';
import { ConfigLog } from './log.ts';
import { mountState } from './state-mount.ts';

export interface PhasesOptions {
  /** In the order in which they run. */
  readonly phases: readonly RunPhase[];
  /** `/` in the OS. */
  readonly root: string;
  /** Takes warnings and errors, a line each without its end. */
  readonly print: (line: string) => void;
  /** For tests; all of them when left out. */
  readonly appliers?: readonly Applier[];
}

export interface PhasesResult {
  /** Sources with errors. */
  readonly faults: number;
  /** Keys and parts of the identity that failed. */
  readonly failures: number;
  /** The state could not be mounted: nothing that is written to /home, /var and /opt will last. */
  readonly stateFailed: boolean;
}

/** Throws `not-bhojpur-os` (refused) and nothing else that is to be expected. */
export async function runPhases(host: Host, options: PhasesOptions): Promise<PhasesResult> {
  const { phases, root } = options;
  const boot = await readBootFacts(host, root);
  const log = new ConfigLog(host, options.print);
  const { config, diagnostics } = await loadConfig(host, root);
  log.hide(secretsOf(config));
  for (const { severity, place, key, message } of diagnostics) {
    log.add({
      level: severity,
      phase: 'config',
      ...(key === undefined ? {} : { key }),
      message: `${message} (${formatPlace(place)})`,
    });
  }
  const done = new Set<string>();
  let failures = 0;
  let stateFailed = false;

  const attempt = async (phase: string, key: string, action: () => Promise<void>): Promise<boolean> => {
    try {
      await action();
      log.add({ level: 'info', phase, key, message: 'applied' });
      return true;
    } catch (error) {
      failures += 1;
      log.add({ level: 'error', phase, key, message: messageOf(error) });
      return false;
    }
  };

  for (const phase of phases) {
    if (phase === 'boot') {
      if (boot.state !== '')
        stateFailed = !(await attempt('state', boot.state, () => mountState(host, root)));
      for (const [name, restore] of Object.entries(identityParts)) {
        await attempt('identity', name, () => restore(host, root, config));
      }
      await log.flush(root);
    }
    const context = applyContext(host, root, phase, config);
    for (const applier of options.appliers ?? allAppliers) {
      if (!acts(applier, phase, config) || (applier.once && done.has(applier.name))) continue;
      if (await attempt(phase, applier.name, () => applier.run(context))) done.add(applier.name);
    }
  }
  await log.flush(root);
  return { faults: diagnostics.filter(({ severity }) => severity === 'error').length, failures, stateFailed };
}

/** Which key acts in which phase is said by the table alone. */
const acts = ({ keys, always }: Applier, phase: RunPhase, config: Config): boolean =>
  keys.some((key) => (always || config[key] !== undefined) && findKey(key)?.phases.includes(phase));
