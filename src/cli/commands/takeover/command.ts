/** `opsctl takeover`: in the system that a takeover tries. */
import type { CommandDefinition } from '../../command.ts';

export const takeoverCommand: CommandDefinition = {
  name: 'takeover',
  summary: 'keep the system that a takeover has started',
  subcommands: [
    {
      name: 'confirm',
      summary: 'keep this system: the one that was here before is deleted',
      description:
        'After `opsctl install --takeover` the new system is on trial: it returns to the old one unless somebody logs in over ' +
        'ssh, or runs this. Then the old system is deleted and the machine restarts.',
      options: [{ flags: '--json', help: 'print events as JSON lines' }],
      examples: [{ line: 'sudo opsctl takeover confirm', does: 'Keep the new system:' }],
      load: () => import('./action.ts').then((module) => module.confirm),
    },
  ],
};
