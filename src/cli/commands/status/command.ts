/** `opsctl status`: what a running Bhojpur OS is and how its configuration was applied. */
import type { CommandDefinition } from '../../command.ts';

export const statusCommand: CommandDefinition = {
  name: 'status',
  summary: 'tell what runs here and how its configuration was applied',
  description:
    'Prints how the system was started, its versions, and for each phase of the configuration what was applied and ' +
    'every fault. Reads only; needs no root. The exit code is 0 when all is well (warnings count as well), 2 when a ' +
    'source of the configuration is faulty, 5 when a key or a part of the system failed, and 3 where this is not ' +
    'Bhojpur OS.',
  options: [{ flags: '--json', help: 'print one JSON object' }],
  examples: [
    { line: 'opsctl status', does: 'See what runs and what went wrong:' },
    {
      line: "opsctl status --json | jq -r '.configuration.phases[].faults[].message'",
      does: 'The messages of all faults, for a program:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.showStatus),
};
