/** Faults of the configuration under which no node is patched: a hold or a window that cannot be read is none. Pure. */
import { configInvalid, type Diagnostic } from '../config/diagnostics.ts';

const keys = /^bos(\.(patch|upgrade)\b.*)?$/;

/**
 * Throws OpsError `config-invalid` (usage) for what is wrong about `bos.patch` and `bos.upgrade`, misspelt keys included, and
 * for a source of which nothing is known.
 */
export function requirePatchConfig(diagnostics: readonly Diagnostic[]): void {
  const faults = diagnostics.filter(({ severity, key }) =>
    key === undefined ? severity === 'error' : severity !== 'note' && keys.test(key),
  );
  if (faults.length > 0)
    throw configInvalid(faults.map((fault) => ({ ...fault, severity: 'error' as const })));
}
