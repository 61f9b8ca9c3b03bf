/** `opsctl rollback`: the version before. */
import type { CommandDefinition } from '../../command.ts';

export const rollbackCommand: CommandDefinition = {
  name: 'rollback',
  summary: 'let an older version that is still on this node start again',
  description:
    'Reads the older version back and lets it start from the next boot on: the last one that proved itself, or the one ' +
    'that is named. The version that is left is not taken again by an upgrade unless --force is given.',
  args: [{ name: '[version]', help: 'the OS version to return to; `opsctl status` lists them' }],
  options: [
    { flags: '--destination <folder>', help: 'bos/system of the node, where it is not /bos/system' },
    { flags: '--reboot', help: 'restart the node when it is done' },
    { flags: '--lock-file <file>', help: 'where the lock is; /run/bos/upgrade.lock by default' },
    { flags: '--dry-run', help: 'show the plan and change nothing' },
    { flags: '--json', help: 'print events as JSON lines' },
  ],
  examples: [
    { line: 'sudo opsctl rollback --reboot', does: 'Return to the version before, at once:' },
    { line: 'sudo opsctl rollback 0.1.0', does: 'Return to a version by name, with the next start:' },
  ],
  load: () => import('./action.ts').then((module) => module.rollbackNode),
};
