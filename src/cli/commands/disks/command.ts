/** `opsctl disks`: the disks as the installer sees them. */
import type { CommandDefinition } from '../../command.ts';

export const disksCommand: CommandDefinition = {
  name: 'disks',
  summary: 'list the disks, and say which can be installed to',
  prints: true,
  description:
    'Prints each disk with its size, model, serial number and what is on it: first those that can be installed to, ' +
    'then the others, with the reasons. In a live system it also names the medium. Only reads. Without root, it ' +
    'sees only what udev knows about file systems.',
  options: [{ flags: '--json', help: 'print one JSON object, with the disks as in `opsctl facts`' }],
  examples: [
    { line: 'opsctl disks', does: 'See what can be installed to:' },
    {
      line: "opsctl disks --json | jq -r '.disks[] | [.path, .serial] | @tsv'",
      does: 'Print paths and serial numbers, for a program:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.listDisks),
};
