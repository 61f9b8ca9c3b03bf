/**
 * The ConfigMap `palette-agent-config` with which Palette says how nodes are drained: written, and read in both forms that
 * its documentation has, `data.drain` as JSON and dotted keys (`drain.timeout`). Its timeout counts nanoseconds, all other
 * times seconds. Pure.
 */
import { LineCounter, stringify } from 'yaml';
import { z } from 'zod';
import {
  type DrainName,
  type DrainParameters,
  type DrainRow,
  drainRows,
  nanosecondsPerSecond,
} from '../../config/patch/drain-parameters.ts';
import { documentsWithinBudget, manifestBudget, OverBudget } from '../../config/yaml/budgeted-document.ts';
import { messageOf } from '../../errors.ts';

export const drainConfigName = 'palette-agent-config';
/** Its namespace is this and the uid of the cluster. */
export const clusterNamespacePrefix = 'cluster-';

export interface ReadDrainConfig {
  readonly drain: Partial<DrainParameters>;
  /** What is wrong, a line each; such a parameter is not in `drain`. */
  readonly faults: readonly string[];
}

const configMap = z.object({
  kind: z.literal('ConfigMap'),
  data: z.record(z.string(), z.string()).optional(),
});

/** The first ConfigMap of that name in a YAML or JSON text, also inside a List; a string is what is wrong. */
export function readDrainConfig(text: string): ReadDrainConfig | string {
  let documents: ReturnType<typeof documentsWithinBudget>;
  try {
    documents = documentsWithinBudget(text, new LineCounter(), manifestBudget);
  } catch (error) {
    if (error instanceof OverBudget) return error.message;
    throw error;
  }
  const objects = documents.flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) return [{ fault: error.message.split('\n')[0] ?? '' }];
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (cause) {
      // An alias of nothing, or of too much.
      return [{ fault: messageOf(cause).replace(/ \(.*$/s, '') }];
    }
    const items = (value as { items?: unknown } | null)?.items;
    return Array.isArray(items) ? (items as unknown[]) : [value];
  });
  for (const one of objects) {
    const { fault, metadata } = (one ?? {}) as { fault?: string; metadata?: { name?: unknown } };
    if (fault !== undefined) return `is not YAML: ${fault}`;
    if (metadata?.name !== drainConfigName) continue;
    const read = configMap.safeParse(one);
    return read.success
      ? drainOf(read.data.data ?? {})
      : `${drainConfigName} must be a ConfigMap with texts in data`;
  }
  return `holds no ConfigMap ${drainConfigName}`;
}

/** `data` of the ConfigMap. The JSON wins over a dotted key for the same. */
export function drainOf(data: Readonly<Record<string, string>>): ReadDrainConfig {
  const faults: string[] = [];
  const given = new Map<string, { readonly shown: string; readonly value: unknown }>();
  for (const [key, value] of Object.entries(data)) {
    const [, name] = /^drain\.(.+)$/.exec(key) ?? [];
    if (name !== undefined) given.set(name, { shown: `data.${key}`, value: literal(value) });
  }
  if (data.drain !== undefined) {
    const object = jsonObject(data.drain);
    if (object === undefined) faults.push('data.drain: expected a JSON object');
    for (const [name, value] of Object.entries(object ?? {}))
      given.set(name, { shown: `data.drain, ${name}`, value });
  }
  const drain: Partial<Record<DrainName, number | boolean>> = {};
  for (const [name, { shown, value }] of given) {
    const row: DrainRow | undefined = drainRows.find((one) => one.name === name);
    if (row === undefined) {
      faults.push(`${shown}: is not a parameter of a drain`);
      continue;
    }
    const read = valueIn(row, value);
    if (typeof read === 'string') faults.push(`${shown}: ${read}`);
    else drain[row.name] = read;
  }
  return { drain: drain as Partial<DrainParameters>, faults };
}

/** Dotted keys hold texts. */
const literal = (text: string): unknown =>
  /^(true|false|-?\d{1,18})$/.test(text.trim()) ? JSON.parse(text.trim()) : text;

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function valueIn({ name, unit, fallback }: DrainRow, value: unknown): number | boolean | string {
  if (typeof fallback === 'boolean') return typeof value === 'boolean' ? value : 'expected true or false';
  if (typeof value !== 'number' || !Number.isInteger(value)) return `expected a whole number of ${unit}`;
  if (value < 0 && name !== 'gracePeriod') return 'must not be negative';
  return unit === 'nanoseconds' ? secondsOf(value) : value;
}

/** The documentation's own example is 600000000, which is 0.6 s. */
function secondsOf(nanoseconds: number): number | string {
  if (nanoseconds === 0 || nanoseconds >= nanosecondsPerSecond) return nanoseconds / nanosecondsPerSecond;
  const seconds = nanoseconds / nanosecondsPerSecond;
  const meant = meantSeconds(nanoseconds);
  return (
    `is in nanoseconds: ${nanoseconds} is ${seconds} s, in which no drain ends; ` +
    `for ${meant} s write ${meant * nanosecondsPerSecond}`
  );
}

const dayOfSeconds = 86_400;

/** Seconds, milliseconds or microseconds, the first of which is no more than a day. */
function meantSeconds(number: number): number {
  const factor = [1, 1000, 1_000_000].find((one) => number / one <= dayOfSeconds) ?? 1;
  return Math.max(1, Math.round(number / factor));
}

/** The ConfigMap for the cluster with this uid, as YAML; `drain` as Palette's own example has it. */
export function renderDrainConfig(uid: string, drain: DrainParameters): string {
  const values = Object.fromEntries(
    drainRows.map(({ name, unit }) => {
      const value = drain[name];
      return [name, unit === 'nanoseconds' ? Number(value) * nanosecondsPerSecond : value];
    }),
  );
  return stringify({
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: { name: drainConfigName, namespace: `${clusterNamespacePrefix}${uid}` },
    data: { drain: `${JSON.stringify(values, null, 2)}\n` },
  });
}
