/** Reads a network configuration of another program's, and checks that bos.network takes what became of it. */
import type { ExecutionContext } from 'ava';
import type { Meaning } from '../../../src/config/seed/meaning.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';

export interface Read {
  readonly network?: readonly Record<string, unknown>[];
  readonly wifi?: unknown;
  readonly dns_nameservers?: readonly string[];
  /** `warning: place: message` */
  readonly notes: readonly string[];
}

export function read(t: ExecutionContext, { config, notes }: Meaning): Read {
  t.deepEqual(parseConfigYaml(JSON.stringify(config), 'f').diagnostics, []);
  return { ...(config.bos as object), notes: notes.map((note) => note.join(': ')) };
}
