/**
 * Judges the start of a deployment that is on trial. The record is written first, then one sector of the boot
 * environment, which alone decides what starts next: a power cut between them only has the same said again.
 */
import { join } from 'node:path';
import { type BootFacts, readBootFacts } from '../../boot/boot-facts.ts';
import { namedDeployment } from '../../boot/deployment.ts';
import { changeInstalledEnvironment, readInstalledEnvironment } from '../../boot/installed-environment.ts';
import { putBack, takeoverTry, triesOf, triesVariable } from '../../boot/trial.ts';
import type { Config } from '../../config/config.ts';
import type { KeyName } from '../../config/keys/keys.ts';
import { loadConfig } from '../../config/sources/sources.ts';
import { messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { readUpgradeRecord, type UpgradeRecord, writeUpgradeRecord } from '../../upgrade/record.ts';
import { healthFaults } from './health.ts';
import { failedRecord, settledEnvironment, settledRecord, type Trial, trialOf } from './outcome.ts';

/** The initrd's feeder of the watchdog looks for it (os/initrd/lib/trial.sh). */
export const trialEndPath = '/run/bos/trial-ended';
/** This boot was found bad: its try stays taken. */
export const trialFailedPath = '/run/bos/trial-failed';
/** The try of this boot has been put back. */
export const trialPutBackPath = '/run/bos/trial-put-back';

/** Keys that have no applier: they are read when a version is upgraded to, and when it is judged. */
export const upgradeKeys: readonly KeyName[] = [
  'bos.upgrade.tries',
  'bos.upgrade.health',
  'bos.upgrade.health_limit',
];

const defaultLimitSeconds = 300;
const pauseMilliseconds = 5000;
/** How often in a row the checks have to hold: a service that ends and is started again looks well in between. */
const looksInARow = 3;

export interface JudgeOptions {
  /** `/` in the OS. */
  readonly root: string;
  /** Takes a line for the consoles. */
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** none: nothing is on trial in this boot. failed: the machine has to restart. */
export type Verdict = 'none' | 'proved' | 'returned' | 'failed';

/**
 * Waits until the system is healthy or the limit is over, and acts on it. Throws `not-bhojpur-os`,
 * `environment-invalid` (refused), `environment-missing`, `read-back` (broken), and the reason of `signal`: nothing is
 * judged then, and the watchdog is left to end it.
 */
export async function judgeTrial(host: Host, options: JudgeOptions): Promise<Verdict> {
  const { root, say } = options;
  const boot = await readBootFacts(host, root);
  const trial = await findTrial(host, root, boot);
  if (trial === undefined) {
    // What a takeover has started ends with the takeover.
    if (boot.try !== '' && boot.try !== takeoverTry) await host.files.write(join(root, trialEndPath), '');
    return 'none';
  }
  const faults = await waitForHealth(host, boot, options);
  if (faults.length > 0 && trial.what === 'c') {
    const reason = faults.join('; ');
    await host.files.write(join(root, trialFailedPath), '');
    // A file that cannot be written must not keep a bad system running.
    await keepRecord(host, options, (record, now) => failedRecord(trial, record, now, reason));
    say(`Bhojpur OS ${trial.current.os} did not prove itself: ${reason}. Restarting`);
    return 'failed';
  }
  const settled = await keepRecord(host, options, (record, now) => settledRecord(trial, record, now));
  await changeInstalledEnvironment(host, root, boot, settledEnvironment(trial));
  await host.files.write(join(root, trialEndPath), '');
  if (trial.what === 'c') {
    say(`Bhojpur OS ${trial.current.os} proved itself`);
    return 'proved';
  }
  say(
    `Bhojpur OS went back to ${trial.previous?.os}: ${settled?.last?.reason ?? 'the newer version did not prove itself'}`,
  );
  // Not a reason to go anywhere: a server that is down must not lead to the rescue shell.
  for (const fault of faults) say(`but not all is well: ${fault}`);
  return 'returned';
}

/**
 * For an orderly shutdown: a try that was not judged yet did not count. Resolves with whether it was put back. Throws
 * what `judgeTrial` does.
 */
export async function endTry(host: Host, root: string): Promise<boolean> {
  const { files } = host;
  const boot = await readBootFacts(host, root);
  if (boot.try !== 'c' && boot.try !== 'p') return false;
  for (const path of [trialEndPath, trialFailedPath, trialPutBackPath])
    if (await files.exists(join(root, path))) return false;
  const { others } = await readInstalledEnvironment(host, root, boot);
  const tries = triesOf(others[triesVariable]);
  if (tries.length === 0) return false;
  // With more tries of the current deployment left, it was one of those: its kernel could not be loaded.
  const text = putBack(tries, tries[0] === 'c' ? 'c' : boot.try);
  await changeInstalledEnvironment(host, root, boot, { [triesVariable]: text });
  await files.write(join(root, trialPutBackPath), '');
  return true;
}

async function findTrial(host: Host, root: string, boot: BootFacts): Promise<Trial | undefined> {
  if (boot.state === '' || !['disk', 'local'].includes(boot.mode)) return undefined;
  const environment = await readInstalledEnvironment(host, root, boot);
  return trialOf(boot, namedDeployment(boot), environment);
}

/** Resolves with what does not hold when the limit is over; none as soon as all of it held several times in a row. */
async function waitForHealth(host: Host, boot: BootFacts, { root, signal }: JudgeOptions): Promise<string[]> {
  const { clock } = host;
  const config = await configOf(host, root);
  const limit = Number(config['bos.upgrade.health_limit'] ?? defaultLimitSeconds) * 1000;
  const start = clock.monotonic();
  for (let held = 0; ; ) {
    signal?.throwIfAborted();
    const faults = await healthFaults(host, root, boot, config);
    held = faults.length === 0 ? held + 1 : 0;
    if (held >= looksInARow) return [];
    if (clock.monotonic() - start >= limit) return faults;
    await clock.sleep(pauseMilliseconds, signal);
  }
}

/** As the runtime phase has found it; nothing is fetched. */
async function configOf(host: Host, root: string): Promise<Config> {
  const cloud = await host.files.exists(join(root, '/run/config'));
  return (await loadConfig(host, root, cloud ? { cloud } : {})).config;
}

/** A record that cannot be read or written is said: what starts next does not depend on it. */
async function keepRecord(
  host: Host,
  { root, say }: JudgeOptions,
  change: (record: UpgradeRecord, now: string) => UpgradeRecord,
): Promise<UpgradeRecord | undefined> {
  const { files, clock } = host;
  try {
    const record = change(await readUpgradeRecord(files, root), new Date(clock.now()).toISOString());
    await writeUpgradeRecord(files, root, record);
    return record;
  } catch (error) {
    say(`the record of upgrades cannot be kept: ${messageOf(error)}`);
    return undefined;
  }
}
