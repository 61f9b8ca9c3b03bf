/**
 * What an earlier process of this boot has said of the sources. The early phases and the runtime phase read the same
 * ones, and a boot says once what is wrong with them; somebody who applies the configuration later hears all of it.
 */
import type { Diagnostic } from '../../config/diagnostics.ts';
import type { Host } from '../../host/ports.ts';
import type { RunPhase } from '../appliers/applier.ts';
import { type Fault, readConfigStatus } from './config-status.ts';

/** The diagnostics, apart. `redact` as when they were recorded. */
export async function sortOutSaid(
  host: Host,
  root: string,
  phase: RunPhase,
  diagnostics: readonly Diagnostic[],
  redact: (text: string) => string,
): Promise<{ readonly fresh: readonly Diagnostic[]; readonly said: readonly Diagnostic[] }> {
  const { phases } = await readConfigStatus(host, root);
  if (phase !== 'runtime' || phases.runtime !== undefined) return { fresh: diagnostics, said: [] };
  const texts = new Set((phases.boot?.faults ?? []).filter(({ kind }) => kind === 'source').map(asText));
  const isSaid = (one: Diagnostic) => texts.has(asText({ ...one, message: redact(one.message) }));
  return {
    fresh: diagnostics.filter((one) => !isSaid(one)),
    said: diagnostics.filter(isSaid),
  };
}

const asText = ({ severity, place, key, message }: Omit<Fault, 'kind'>): string =>
  JSON.stringify([severity, place, key, message]);
