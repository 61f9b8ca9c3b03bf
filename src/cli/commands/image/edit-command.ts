/** `opsctl image edit`. */
import type { CommandDefinition } from '../../command.ts';
import { appendKarg, deleteKarg, replaceKarg } from '../boot-options.ts';

export const editCommand: CommandDefinition = {
  name: 'edit',
  summary: 'change the kernel arguments and the configuration of a disk image',
  description:
    'Changes a finished image of Bhojpur OS in place, in milliseconds, whatever its size: one image serves many ' +
    'machines. The new settings are written beside the old ones, and one sector puts them in force: a power cut ' +
    'leaves the old ones or the new ones. The first boot moves the configuration to the state file system.',
  args: [{ name: '<image>', help: 'a disk image of `opsctl image create`' }],
  options: [
    { flags: '--config <file>', help: 'check this configuration and put it in the place of the old one' },
    appendKarg,
    deleteKarg,
    replaceKarg,
    { flags: '--undo', help: 'restore the settings from before the last change' },
    { flags: '--allow-no-login', help: 'change it even if nobody can log in' },
    { flags: '--dry-run', help: 'only show what would be done' },
    { flags: '--json', help: 'print the result as JSON' },
  ],
  examples: [
    {
      line: 'cp --reflink=auto golden.img node7.img && opsctl image edit node7.img --config node7.yaml',
      does: 'Make the image of one machine of one that serves all of them:',
    },
    {
      line: 'opsctl image edit node.img --append-karg nosmt --replace-karg console=tty0=console=ttyS1',
      does: 'Change kernel arguments of every entry of the boot menu:',
    },
    { line: 'opsctl image edit node.img --undo', does: 'Take the last change back:' },
  ],
  load: () => import('./edit-action.ts').then((module) => module.imageEdit),
};
