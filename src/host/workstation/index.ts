/** The machine of a developer: as `linuxHost`, but for its programs, which execa runs. */
import { linuxHost } from '../linux/index.ts';
import type { Host } from '../ports.ts';
import { processes } from './processes.ts';

/**
 * Loads execa: for what builds, boots and tests images. Inside of the OS, where each start counts, `linuxHost` runs
 * programs without it. Both keep the same contract (test/host/processes.test.ts).
 */
export function workstationHost(): Host {
  return { ...linuxHost(), processes };
}
