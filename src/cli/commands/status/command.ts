/** `opsctl status`: what a running Bhojpur OS is and how its configuration was applied. */
import type { CommandDefinition } from '../../command.ts';

export const statusCommand: CommandDefinition = {
  name: 'status',
  summary: 'show what runs here and how its configuration was applied',
  prints: true,
  description:
    'Prints how the system was started, where it is reached, its versions, and for each phase of the configuration what was applied and ' +
    'every fault. Only reads, and does not need root. The exit code is 0 if all is well (even with warnings), 2 if a ' +
    'source of the configuration is faulty, 5 if a key or a part of the system failed, and 3 if this is not ' +
    'Bhojpur OS.',
  options: [{ flags: '--json', help: 'print one JSON object' }],
  examples: [
    { line: 'opsctl status', does: 'See what runs and what went wrong:' },
    {
      line: "opsctl status --json | jq -r '.configuration.phases[].faults[].message'",
      does: 'Print the messages of all faults, for a program:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.showStatus),
};
