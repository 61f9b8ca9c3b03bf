/**
 * /run/bos/config-status.json: how each phase of this boot ended, for `opsctl status`. Two processes write it, each
 * its own phases; a phase that is run again replaces what it said before.
 */
import { join } from 'node:path';
import { formatPlace, type Place } from '../../config/diagnostics.ts';
import type { Host } from '../../host/ports.ts';
import type { RunPhase } from '../appliers/applier.ts';

export const configStatusPath = '/run/bos/config-status.json';
/** In the order in which a boot runs them. */
export const runPhaseNames = ['initrd', 'boot', 'runtime'] as const satisfies readonly RunPhase[];

export interface Fault {
  readonly severity: 'error' | 'warning';
  /** `source`: what a source says is not what it should say; `action`: giving it its effect failed. */
  readonly kind: 'source' | 'action';
  /** For a source. */
  readonly place?: Place;
  /** A key, or what else failed: the device of the state, a part of the identity, a data source. */
  readonly key?: string;
  /** Secrets of the configuration read `(hidden)`. */
  readonly message: string;
}

export interface PhaseStatus {
  /** When it began, ISO 8601; before the network has set the clock, by the machine's own. */
  readonly at: string;
  readonly durationMs: number;
  /** Keys and parts that have had their effect. */
  readonly applied: number;
  /** Keys and parts that failed. */
  readonly failed: number;
  /** Of its sources too. */
  readonly faults: readonly Fault[];
}

export interface ConfigStatus {
  readonly v: 1;
  readonly phases: { readonly [P in RunPhase]?: PhaseStatus };
}

/** What is recorded so far; nothing recorded, or nothing readable, is a status without phases. */
export async function readConfigStatus(host: Host, root: string): Promise<ConfigStatus> {
  try {
    const found: unknown = JSON.parse(await host.files.readText(join(root, configStatusPath)));
    if (isStatus(found)) return found;
  } catch {
    // Not there yet, or cut short by a full /run: the next phase writes it anew.
  }
  return { v: 1, phases: {} };
}

/** Adds phases to the record. */
export async function recordPhases(host: Host, root: string, phases: ConfigStatus['phases']): Promise<void> {
  const before = await readConfigStatus(host, root);
  const status: ConfigStatus = { v: 1, phases: { ...before.phases, ...phases } };
  await host.files.writeAtomic(join(root, configStatusPath), `${JSON.stringify(status)}\n`, { mode: 0o644 });
}

/** `FILE:LINE:COLUMN: warning: KEY: MESSAGE`, each part where there is one. */
export function formatFault({ severity, place, key, message }: Fault): string {
  const parts = [
    ...(place === undefined ? [] : [formatPlace(place)]),
    ...(severity === 'warning' ? ['warning'] : []),
    ...(key === undefined ? [] : [key]),
    message,
  ];
  return parts.join(': ');
}

const isStatus = (value: unknown): value is ConfigStatus =>
  typeof value === 'object' &&
  value !== null &&
  (value as { v?: unknown }).v === 1 &&
  typeof (value as { phases?: unknown }).phases === 'object' &&
  (value as { phases?: unknown }).phases !== null;
