/**
 * Faults after which nobody can know what this machine is to be: whether it joins a cluster, who may log in, how it
 * reaches its network, who can read its files. A later source that gives the same key settles it. Pure.
 */
import type { Config, Parsed } from '../config.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { KeyName } from '../keys/keys.ts';
import { findKey } from '../keys/keys.ts';

/** `parsed` in the order in which later wins, `config` what they give together. */
export function unsettledFaults(parsed: readonly Parsed[], config: Config): readonly Diagnostic[] {
  const roleKnown = config['bos.server_url'] !== undefined || config['bos.dcp_args'] !== undefined;
  return parsed.flatMap(({ diagnostics }, index) =>
    diagnostics.filter(({ severity, key, about }) => {
      if (severity === 'note') return false;
      const keys = (about ?? []).filter((name) => holds(name));
      if (keys.length > 0)
        return !parsed.slice(index + 1).some(({ layer }) => keys.some((name) => layer.entries.has(name)));
      // A source of which nothing is known may have said anything.
      return severity === 'error' && key === undefined && about === undefined && !roleKnown;
    }),
  );
}

/** What an installation erases is past in the system that it has installed; a name is not worth a cluster. */
function holds(name: KeyName): boolean {
  const decides = findKey(name)?.decides;
  return decides !== undefined && decides !== 'installing' && decides !== 'registration';
}
