/**
 * What an earlier process of this boot has reported of the sources. The early phases and the runtime phase read the
 * same ones, and a boot reports once what is wrong with them; somebody who applies the configuration later hears all.
 */
import type { Diagnostic } from '../../config/diagnostics.ts';
import type { Host } from '../../host/ports.ts';
import type { RunPhase } from '../appliers/applier.ts';
import { type Fault, readConfigStatus } from './config-status.ts';

/** The diagnostics, apart. `redact` as when they were recorded. */
export async function splitByReported(
  host: Host,
  root: string,
  phase: RunPhase,
  diagnostics: readonly Diagnostic[],
  redact: (text: string) => string,
): Promise<{ readonly fresh: readonly Diagnostic[]; readonly alreadyReported: readonly Diagnostic[] }> {
  const { phases } = await readConfigStatus(host, root);
  if (phase !== 'runtime' || phases.runtime !== undefined) return { fresh: diagnostics, alreadyReported: [] };
  const reported = new Set((phases.boot?.faults ?? []).filter(({ kind }) => kind === 'source').map(asText));
  const isReported = (diagnostic: Diagnostic) =>
    reported.has(asText({ ...diagnostic, message: redact(diagnostic.message) }));
  return {
    fresh: diagnostics.filter((diagnostic) => !isReported(diagnostic)),
    alreadyReported: diagnostics.filter(isReported),
  };
}

const asText = ({ severity, place, key, message }: Diagnostic | Fault): string =>
  JSON.stringify([severity, place, key, message]);
