/**
 * The seven parameters of a drain, one row each: their names in config.yaml, in the ConfigMap `palette-agent-config` and on
 * kubectl's command line, their units there, and the value where nothing is said. Pure.
 */

import { parseDuration } from '../../formats/time/duration.ts';
import type { Config } from '../config.ts';
import type { KeyName } from '../keys/keys.ts';

export interface DrainParameters {
  /** Seconds that the drain may take; 0 for no limit. */
  readonly timeout: number;
  /** Seconds that each pod has; negative for the pod's own. */
  readonly gracePeriod: number;
  readonly deleteLocalData: boolean;
  readonly ignoreDaemonSets: boolean;
  readonly force: boolean;
  readonly disableEviction: boolean;
  /** Pods that have been ending for more seconds than that are not waited for; 0 waits for all. */
  readonly skipWaitForDeleteTimeout: number;
}

export type DrainName = keyof DrainParameters;

/** What a number of the ConfigMap counts; `none` for what is true or false. */
export type Unit = 'nanoseconds' | 'seconds' | 'none';

export interface DrainRow {
  readonly name: DrainName;
  readonly key: KeyName;
  readonly flag: string;
  /** In the ConfigMap; in config.yaml the timeout is a duration, and the others are seconds. */
  readonly unit: Unit;
  /** As Palette documents it. */
  readonly fallback: number | boolean;
}

export const drainRows = [
  { name: 'timeout', key: 'bos.patch.drain.timeout', flag: '--timeout', unit: 'nanoseconds', fallback: 0 },
  {
    ...{ name: 'gracePeriod', key: 'bos.patch.drain.grace_period', flag: '--grace-period' },
    ...{ unit: 'seconds', fallback: -1 },
  },
  {
    ...{ name: 'deleteLocalData', key: 'bos.patch.drain.delete_local_data', flag: '--delete-emptydir-data' },
    ...{ unit: 'none', fallback: false },
  },
  {
    ...{ name: 'ignoreDaemonSets', key: 'bos.patch.drain.ignore_daemon_sets', flag: '--ignore-daemonsets' },
    ...{ unit: 'none', fallback: false },
  },
  { name: 'force', key: 'bos.patch.drain.force', flag: '--force', unit: 'none', fallback: false },
  {
    ...{ name: 'disableEviction', key: 'bos.patch.drain.disable_eviction', flag: '--disable-eviction' },
    ...{ unit: 'none', fallback: false },
  },
  {
    ...{ name: 'skipWaitForDeleteTimeout', key: 'bos.patch.drain.skip_wait_for_delete_timeout' },
    ...{ flag: '--skip-wait-for-delete-timeout', unit: 'seconds', fallback: 0 },
  },
] as const satisfies readonly DrainRow[];

export const nanosecondsPerSecond = 1_000_000_000;

/** What `config.yaml` says of a drain, and no more than that; seconds. A value that its key's check refuses is not there. */
export function configuredDrain(config: Config): Partial<DrainParameters> {
  const found = drainRows.flatMap(({ name, key }): (readonly [DrainName, number | boolean])[] => {
    const value = config[key];
    if (value === undefined || typeof value === 'boolean') return value === undefined ? [] : [[name, value]];
    return [[name, name === 'timeout' ? (parseDuration(value) ?? 0) / 1000 : Number(value)]];
  });
  return Object.fromEntries(found);
}

/** With the documented defaults for what neither says; `configured` wins over what the cluster says. */
export function drainParameters(
  configured: Partial<DrainParameters>,
  cluster: Partial<DrainParameters> = {},
): DrainParameters {
  const defaults = Object.fromEntries(drainRows.map(({ name, fallback }) => [name, fallback]));
  return { ...(defaults as unknown as DrainParameters), ...cluster, ...configured };
}

/** The options of `kubectl drain`, every parameter in its row's order. */
export const drainFlags = (parameters: DrainParameters): readonly string[] =>
  drainRows.map(({ name, flag }) => {
    const value = parameters[name];
    return `${flag}=${value}${name === 'timeout' ? 's' : ''}`;
  });
