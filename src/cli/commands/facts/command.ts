/** `opsctl facts`: what probing sees. */
import type { CommandDefinition } from '../../command.ts';

export const factsCommand: CommandDefinition = {
  name: 'facts',
  summary: 'print what probing sees of this machine, as JSON',
  description:
    'Prints firmware, memory, consoles, every disk with its partitions, what they carry and what uses them, and in a ' +
    'live system what its medium holds. `opsctl install --facts FILE --dry-run` plans from that on any machine. ' +
    'Reads only. Without root, what file systems hold is seen as far as udev knows it.',
  options: [{ flags: '--loops', help: 'list loop devices as disks too' }],
  examples: [
    { line: 'opsctl facts', does: 'See everything that an installation would be planned from:' },
    { line: 'opsctl facts > machine.json', does: 'Record a machine, to plan for it elsewhere:' },
    { line: "opsctl facts | jq '.disks[].path'", does: 'List the disks:' },
  ],
  load: () => import('./action.ts').then((module) => module.printFacts),
};
