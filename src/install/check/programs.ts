/** That the programs which the steps of a plan run are there, before the first of them. */
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { programsOf, type Step } from '../../steps/index.ts';

/** Throws `tool-missing` (refused) with all that are missing. */
export async function requirePrograms(host: Host, steps: readonly Step[]): Promise<void> {
  const programs = programsOf(steps);
  const found = await Promise.all(programs.map((program) => host.processes.which(program)));
  const missing = programs.filter((_, index) => found[index] === undefined);
  if (missing.length === 0) return;
  throw refused('tool-missing', `Programs that this needs are missing: ${missing.join(', ')}`, {
    hint: 'In a live system: boot an unchanged Bhojpur OS ISO. Elsewhere: install them.',
  });
}
