/**
 * Debian's packages in a tree or an archive. mmdebstrap of root binds /dev, /proc and /sys of this machine into the tree:
 * it has namespaces of its own, so that nothing of them is left below the tree, also when it was killed.
 */
import { killable } from '../../../src/build/privileges.ts';
import type { Host } from '../../../src/host/ports.ts';
import { aptSources } from './apt-sources.ts';

/** `words` are options, suite and target; `sources` files that list where packages come from, such as this machine's own. */
export async function mmdebstrap(host: Host, words: readonly string[], sources?: readonly string[]) {
  const mode = host.system.uid === 0 ? 'root' : 'unshare';
  const all = [`--mode=${mode}`, ...words, ...(sources ?? (await aptSources(host)))];
  const [command, args] = killable(mode, 'mmdebstrap', all);
  await host.processes.run(command, args, { program: 'mmdebstrap' });
}
