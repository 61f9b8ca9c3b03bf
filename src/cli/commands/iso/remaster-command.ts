/** `opsctl iso remaster`. */
import type { CommandDefinition } from '../../command.ts';
import { appendKarg, deleteKarg, installSettings, replaceKarg } from '../boot-options.ts';

export const remasterCommand: CommandDefinition = {
  name: 'remaster',
  summary: 'change kernel arguments, files and the name of an ISO',
  description:
    'Changes an ISO in place, or writes a changed one with -o, in milliseconds: only what differs is written. ' +
    'Works on Bhojpur OS images and others, without root. Uses the cheapest safe method: over the old ' +
    'content, in unused space of the image, after its end (the partition tables are updated), or, if that does ' +
    'not work, by rebuilding the image with xorriso. What was overwritten is kept beside the ISO for --undo.',
  args: [{ name: '<iso>', help: 'the ISO image' }],
  options: [
    {
      flags: '-o, --output <file>',
      help: 'write a new image there (- is stdout) and leave the old one alone',
    },
    appendKarg,
    deleteKarg,
    replaceKarg,
    { flags: '--entry <name>', help: 'change only the menu entry with this title or id' },
    {
      flags: '--after-separator',
      help: 'change what follows --- on a kernel line, which installers hand on to the installed system',
    },
    installSettings,
    { flags: '--config <file>', help: 'check this configuration and put it at /bos/system/config.yaml' },
    { flags: '--add <src:dest>', help: 'add a file, or a folder with everything in it', repeatable: true },
    { flags: '--remove <path>', help: 'remove a file or folder', repeatable: true },
    { flags: '--grub-cfg <file>', help: 'replace grub.cfg with this file' },
    { flags: '--volid <name>', help: 'set the volume name' },
    { flags: '--dcp <file>', help: 'add this Bhojpur DCP executable' },
    {
      flags: '--method <way>',
      help: 'method to use instead of the cheapest that works',
      choices: ['same-room', 'padding', 'append', 'rebuild', 'grub-mkrescue'],
    },
    { flags: '--undo', help: 'restore the original bytes' },
    { flags: '--dry-run', help: 'only show what would be done' },
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
      does: 'Do the same with the ISO of another system:',
    },
    { line: 'opsctl iso remaster bos-amd64.iso --undo', does: 'Restore the original image:' },
  ],
  load: () => import('./remaster-action.ts').then((module) => module.isoRemaster),
};
