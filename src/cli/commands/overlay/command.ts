/** `opsctl overlay`: what concerns a system that was laid over a board's own. */
import type { CommandDefinition } from '../../command.ts';

const removeCommand: CommandDefinition = {
  name: 'remove',
  summary: 'let the old system of a board start again',
  description:
    'Makes /sbin/init the old one again. Without ROOT it is that of this running system, which ends with the next ' +
    'start and whose files stay. Of a mounted root the system goes too; its data (/bos/data) and its configuration stay.',
  args: [{ name: '[root]', help: 'the folder where the root of the board is mounted, or an image' }],
  options: [
    { flags: '-o, --output <image>', help: 'write the changed image to this file' },
    { flags: '--silent', help: 'do not ask' },
    { flags: '--dry-run', help: 'show the plan and touch nothing' },
    { flags: '--json', help: 'print events as JSON lines; never asks' },
  ],
  examples: [
    { line: 'sudo opsctl overlay remove --silent', does: 'In the running system, before a restart:' },
    { line: 'sudo opsctl overlay remove /mnt/card', does: 'Of a card in a reader:' },
  ],
  load: () => import('./remove-action.ts').then((module) => module.removeOverlay),
};

export const overlayCommand: CommandDefinition = {
  name: 'overlay',
  summary: 'take Bhojpur OS away from a board again',
  subcommands: [removeCommand],
};
