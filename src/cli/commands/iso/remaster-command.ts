/** `opsctl iso remaster`. */
import type { CommandDefinition } from '../../command.ts';
import { appendKarg, installSettings } from '../boot-options.ts';

export const remasterCommand: CommandDefinition = {
  name: 'remaster',
  summary: 'change kernel arguments, files and the name of an ISO',
  description:
    'Changes an ISO where it lies, or writes a changed one with -o, in milliseconds: only what differs is written. ' +
    'Works on images of Bhojpur OS and of others, without root. Takes the cheapest way that is sound: where the old ' +
    'content lies, in unused room of the image, behind its end (the partition tables follow), or, where that does ' +
    'not do, it writes the image anew with xorriso. What was overwritten is kept beside the ISO for --undo.',
  args: [{ name: '<iso>', help: 'the ISO image' }],
  options: [
    {
      flags: '-o, --output <file>',
      help: 'write a new image there (- is stdout) and leave the old one alone',
    },
    appendKarg,
    { flags: '--delete-karg <arg>', help: 'take a kernel argument away', repeatable: true },
    {
      flags: '--replace-karg <old=new>',
      help: 'put one kernel argument in the place of another',
      repeatable: true,
    },
    { flags: '--entry <name>', help: 'change only the menu entry with this title or id' },
    installSettings,
    { flags: '--config <file>', help: 'check this configuration and put it at /bos/system/config.yaml' },
    { flags: '--add <src:dest>', help: 'add a file, or a folder with all that is in it', repeatable: true },
    { flags: '--remove <path>', help: 'take a file or folder away', repeatable: true },
    { flags: '--grub-cfg <file>', help: 'put this file in the place of grub.cfg' },
    { flags: '--volid <name>', help: 'name the volume' },
    { flags: '--dcp <file>', help: 'add this Bhojpur DCP executable' },
    {
      flags: '--method <way>',
      help: 'the way to take, instead of the cheapest that works',
      choices: ['same-room', 'padding', 'append', 'rebuild', 'grub-mkrescue'],
    },
    { flags: '--undo', help: 'put the original bytes back' },
    { flags: '--dry-run', help: 'only say what would be done' },
    { flags: '--json', help: 'print the result as JSON' },
  ],
  examples: [
    {
      line: 'opsctl iso remaster bos-amd64.iso --append-karg console=ttyS1,115200',
      does: 'Add a kernel argument to every entry of the menu:',
    },
    {
      line: 'opsctl iso remaster bos-amd64.iso -o mine.iso --config config.yaml --install device=/dev/vda',
      does: 'Make an ISO that installs unattended, with its configuration inside:',
    },
    {
      line: 'opsctl iso remaster debian.iso --add preseed.cfg:/preseed.cfg --append-karg file=/cdrom/preseed.cfg',
      does: 'The same for the ISO of another system:',
    },
    { line: 'opsctl iso remaster bos-amd64.iso --undo', does: 'Go back to the image as it was:' },
  ],
  load: () => import('./remaster-action.ts').then((module) => module.isoRemaster),
};
