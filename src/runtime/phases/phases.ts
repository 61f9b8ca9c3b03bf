/**
 * Applies the configuration in the OS, phase by phase. A source, a key or a part that fails is reported and stops
 * nothing else: a machine that boots with a wrong time server can be corrected, one that does not boot cannot.
 */
import { join } from 'node:path';
import { type BootFacts, readBootFacts } from '../../boot/boot-facts.ts';
import { boardKernel } from '../../boot/deployment.ts';
import type { Config } from '../../config/config.ts';
import { formatPlace, hasErrors } from '../../config/diagnostics.ts';
import { findKey } from '../../config/keys/keys.ts';
import { secretsOf } from '../../config/keys/secrets.ts';
import { messageWithDetails, OpsError, refused } from '../../errors.ts';
import { type Lock, withLock } from '../../host/lock.ts';
import type { Host } from '../../host/ports.ts';
import type { Applier, RunPhase } from '../appliers/applier.ts';
import { applyContext } from '../appliers/applier.ts';
import { appliers as allAppliers } from '../appliers/index.ts';
import { adoptOverlay } from '../boot/adopt-overlay.ts';
import { identityParts } from '../boot/identity.ts';
import { wantsIdentity, wantsToGrow } from '../boot/image-markers.ts';
import { hasSettings, moveSettings } from '../boot/move-settings.ts';
import { mountState } from '../boot/state-mount.ts';
import { recordInstance } from '../seed/record-instance.ts';
import { splitByReported } from '../status/already-reported.ts';
import { configStatusPath, recordPhases } from '../status/config-status.ts';
import type { EffectiveConfig } from './effective-config.ts';
import { effectiveConfig, seedKey } from './effective-config.ts';
import { ConfigLog } from './log.ts';
import { PhaseRecord } from './phase-record.ts';

export interface PhasesOptions {
  /** In the order in which they run. */
  readonly phases: readonly RunPhase[];
  /** `/` in the OS. */
  readonly root: string;
  /** Takes warnings and errors, a line each without its end. */
  readonly print: (line: string) => void;
  /** Aborted, it ends the command that runs and lets no other key begin. */
  readonly signal?: AbortSignal;
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

/** At boot the runtime phase may still wait for the network when somebody types the same command. */
export const onePhaseAtATime = (root: string): Lock => ({
  path: join(root, '/run/bos/config.lock'),
  patience: 120_000,
  busy: (owner) =>
    refused('config-running', `The configuration is being applied already, by process ${owner}`, {
      hint: 'Wait until it has ended: `opsctl status` and `journalctl -u bos-config` show what it did.',
    }),
});

/**
 * Throws `not-bhojpur-os` and `config-running` (refused), `config-interrupted` (interrupted), and nothing else that is
 * to be expected.
 */
export async function runPhases(host: Host, options: PhasesOptions): Promise<PhasesResult> {
  const boot = await readBootFacts(host, options.root);
  return withLock(host, onePhaseAtATime(options.root), async () => {
    const log = new ConfigLog(host, options.print);
    try {
      return await run(host, boot, log, options);
    } catch (error) {
      if (!options.signal?.aborted) throw error;
      await log.flush(options.root);
      throw new OpsError(
        'interrupted',
        'config-interrupted',
        'Stopped before all of the configuration was applied',
        { hint: 'The next boot applies all of it; so does `sudo opsctl config`.', cause: error },
      );
    }
  });
}

async function run(
  host: Host,
  boot: BootFacts,
  log: ConfigLog,
  options: PhasesOptions,
): Promise<PhasesResult> {
  const { phases, root, signal } = options;
  const done = new Set<string>();
  let loaded: EffectiveConfig | undefined;
  let failures = 0;
  let stateFailed = false;

  for (const phase of phases) {
    const record = new PhaseRecord(host, log, phase, signal);
    if (loaded === undefined && boot.state !== '' && !boot.ephemeral && (await hasSettings(host, root)))
      await record.attempt('config.yaml', () => moveSettings(host, root, boot.esp), { area: 'state' });
    // Once for the phases of a process: what they apply is one configuration.
    loaded ??= await load(host, root, record, log);
    const { config, diagnostics, unsettled } = loaded;
    record.addSources(diagnostics);
    if (phase === 'boot') {
      if (boot.state !== '' && !boot.ephemeral) {
        stateFailed = !(await record.attempt(boot.state, () => mountState(host, root), { area: 'state' }));
        if (!stateFailed) {
          await settleImage(host, root, boot, record);
          if (boot.kernel === boardKernel)
            await record.attempt('overlay', () => adoptOverlay(host, root, boot), { area: 'state' });
        }
      }
      for (const [name, restore] of Object.entries(identityParts)) {
        await record.attempt(name, () => restore(host, root, config), { area: 'identity' });
      }
      await log.flush(root);
    }
    for (const applier of options.appliers ?? allAppliers) {
      const { name } = applier;
      signal?.throwIfAborted();
      if (!acts(applier, phase, config) || (applier.once && done.has(name))) continue;
      const tell = (message: string) => log.add({ level: 'info', phase, key: name, message });
      const context = {
        ...applyContext(host, root, phase, config, tell, unsettled),
        ...(signal && { signal }),
        warn: (message: string) => record.note('warning', name, message),
      };
      const asked = applier.keys.some((key) => config[key] !== undefined);
      if (await record.attempt(name, () => applier.run(context), { asked })) done.add(name);
    }
    if (phase === 'runtime')
      await record.attempt(seedKey, () => recordInstance(host, root), { asked: false });
    failures += record.failed;
    await keep(host, root, record, options.print);
  }
  await log.flush(root);
  const faults = loaded?.diagnostics.filter(({ severity }) => severity === 'error').length ?? 0;
  return { faults, failures, stateFailed };
}

/** What a copied image asks its first boot for; loaded then. */
async function settleImage(host: Host, root: string, boot: BootFacts, record: PhaseRecord): Promise<void> {
  const area = { area: 'state' };
  if (await wantsToGrow(host, root)) {
    const { growState } = await import('../boot/grow-state.ts');
    await record.attempt('growpart', () => growState(host, root, boot.state), area);
  }
  if (await wantsIdentity(host, root)) {
    const { takeIdentity } = await import('../boot/new-identity.ts');
    await record.attempt('identity', () => takeIdentity(host, root, boot), area);
  }
}

/** Reads all sources, and says at once what is wrong with them, as far as this boot has not reported it already. */
async function load(host: Host, root: string, record: PhaseRecord, log: ConfigLog): Promise<EffectiveConfig> {
  const loaded = await effectiveConfig(host, root, record.phase, (key, { level, message }) =>
    record.note(level, key, message),
  );
  log.hide(secretsOf(loaded.config));
  const { fresh, alreadyReported } = await splitByReported(
    host,
    root,
    record.phase,
    loaded.diagnostics.filter(({ severity }) => severity !== 'note'),
    (text) => log.redact(text),
  );
  const notes = loaded.diagnostics.filter(({ severity }) => severity === 'note');
  for (const { severity, place, key, message } of [...fresh, ...notes]) {
    log.add({
      level: severity === 'note' ? 'info' : severity,
      phase: 'config',
      ...(key === undefined ? {} : { key }),
      message: `${message} (${formatPlace(place)})`,
    });
  }
  // They still make the exit code, which wants a reason where it is seen.
  if (hasErrors(alreadyReported))
    log.add({
      level: 'error',
      phase: 'config',
      message: 'there are faults, reported earlier: see opsctl status',
    });
  return loaded;
}

/** A status that cannot be written is said and stops nothing. */
async function keep(host: Host, root: string, record: PhaseRecord, print: (line: string) => void) {
  try {
    await recordPhases(host, root, { [record.phase]: record.status() });
  } catch (error) {
    print(`bos: ${configStatusPath} cannot be written: ${messageWithDetails(error)}`);
  }
}

/** Which key acts in which phase is said by the table alone. */
const acts = ({ keys, always }: Applier, phase: RunPhase, config: Config): boolean =>
  keys.some((key) => (always || config[key] !== undefined) && findKey(key)?.phases.includes(phase));
