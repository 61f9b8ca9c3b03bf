/** How a trial ends, as what is recorded and what the boot environment says then. Pure. */

import type { BootFacts } from '../../boot/boot-facts.ts';
import { type Deployment, deploymentIn, sameDeployment, variablesOf } from '../../boot/deployment.ts';
import type { BootEnvironment } from '../../boot/environment.ts';
import type { EnvironmentChanges } from '../../boot/environment-file.ts';
import { type Try, triesOf, triesVariable } from '../../boot/trial.ts';
import { type UpgradeRecord, withoutDeployment, withProved } from '../../upgrade/record.ts';

/** A start that is to be judged. */
export interface Trial {
  /** c: of the deployment on trial. p: of the one before it. */
  readonly what: 'c' | 'p';
  readonly current: Deployment;
  /** Undefined where there is none to go back to. */
  readonly previous: Deployment | undefined;
  /** What the boot menu starts next. */
  readonly tries: readonly Try[];
}

export const currentOf = ({ kernel, os, dcp }: BootEnvironment): Deployment => ({ kernel, os, dcp });
export const previousOf = ({ others }: BootEnvironment): Deployment | undefined =>
  deploymentIn(new Map(Object.entries(others)), 'previous');

/**
 * What is on trial in this boot; undefined when nothing is, or when a person has started something else than what is
 * next. Throws `environment-invalid` (refused) as `triesOf` does.
 */
export function trialOf(
  boot: BootFacts,
  running: Deployment,
  environment: BootEnvironment,
): Trial | undefined {
  const tries = triesOf(environment.others[triesVariable]);
  const [current, previous] = [currentOf(environment), previousOf(environment)];
  if (tries.length === 0) return undefined;
  const is = (one: Deployment | undefined) => sameDeployment(one, running);
  // With the rescue shell next, a system that runs well all the same was chosen by a person.
  const counted = boot.try === '' && tries[0] === 'r' ? (is(current) ? 'c' : 'p') : boot.try;
  if (counted === 'c' && is(current)) return { what: 'c', current, previous, tries };
  if (counted === 'p' && is(previous)) return { what: 'p', current, previous, tries };
  return undefined;
}

/** The boot environment after a good start: one sector. */
export function settledEnvironment({ what, previous }: Trial): EnvironmentChanges {
  const ended = { [triesVariable]: undefined };
  if (what === 'c' || previous === undefined) return ended;
  return { ...variablesOf('current', previous), ...variablesOf('previous', undefined), ...ended };
}

/** The record after a good start. `now` as ISO 8601. */
export function settledRecord(trial: Trial, record: UpgradeRecord, now: string): UpgradeRecord {
  const { what, current, previous } = trial;
  const last = lastOf(trial, record, now);
  if (what === 'c' || previous === undefined)
    return {
      ...record,
      ...(last && { last: { ...last, end: 'proved', endedAt: now } }),
      ...(last && { patched: { os: current.os, at: now } }),
      loader: { os: current.os, end: 'due' },
      returned: withoutDeployment(record.returned, current),
      proved: withProved(record.proved, current),
    };
  return {
    ...record,
    ...(last && { last: { ...last, end: 'returned', reason: last.reason ?? didNotStart, endedAt: now } }),
    returned: [...withoutDeployment(record.returned, current), current],
    proved: withProved(withoutDeployment(record.proved, current), previous),
  };
}

/** What is known when the deployment left no reason. */
export const didNotStart = 'it did not start, or was restarted by the watchdog';

/** The record after a bad start of the deployment on trial. */
export function failedRecord(
  trial: Trial,
  record: UpgradeRecord,
  now: string,
  reason: string,
): UpgradeRecord {
  const last = lastOf(trial, record, now);
  return { ...record, ...(last && { last: { ...last, reason } }) };
}

/** What was recorded of this upgrade; begun anew where that was lost. */
function lastOf({ current, previous }: Trial, { last }: UpgradeRecord, now: string): UpgradeRecord['last'] {
  if (last !== undefined && sameDeployment(last.to, current)) return last;
  return previous && { from: previous, to: current, at: now, source: 'unknown', end: 'pending' };
}
