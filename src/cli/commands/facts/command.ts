/** `opsctl facts`: what probing sees. */
import type { CommandDefinition } from '../../command.ts';

export const factsCommand: CommandDefinition = {
  name: 'facts',
  summary: 'print what probing sees of this machine, as JSON',
  prints: true,
  description:
    'Prints firmware, memory, consoles, every disk with its partitions, what is on them and what uses them, and in a ' +
    'live system what its medium contains. `opsctl install --facts FILE --dry-run` plans from that on any machine. ' +
    'Only reads. Without root, it sees only what udev knows about file systems.',
  options: [{ flags: '--loops', help: 'list loop devices as disks too' }],
  examples: [
    { line: 'opsctl facts', does: 'Show everything that an installation is planned from:' },
    { line: 'opsctl facts > machine.json', does: 'Record a machine, to plan for it elsewhere:' },
    { line: "opsctl facts | jq '.disks[].path'", does: 'List the disks:' },
  ],
  load: () => import('./action.ts').then((module) => module.printFacts),
};
