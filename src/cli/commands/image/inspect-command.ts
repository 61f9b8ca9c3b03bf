/** `opsctl image inspect`. */
import type { CommandDefinition } from '../../command.ts';

export const inspectCommand: CommandDefinition = {
  name: 'inspect',
  summary: 'show what a disk image holds, and whether it is whole',
  prints: true,
  description:
    'Shows the partitions of an image, what boots it, and what of Bhojpur OS is on it: versions, the boot menu, the ' +
    'configuration without its secrets. Every file of the system is compared with its digest. Images of other systems ' +
    'are shown as far as their partitions and boot loaders go. Reads raw images, qcow2 and VHDs of fixed size.',
  args: [{ name: '<image>', help: 'the disk image' }],
  options: [
    { flags: '--quick', help: 'do not read every file' },
    { flags: '--json', help: 'print the report as JSON' },
  ],
  examples: [
    { line: 'opsctl image inspect node.img', does: 'Look into an image:' },
    {
      line: 'opsctl image inspect --quick --json debian-12-generic-amd64.qcow2',
      does: 'As data for a program:',
    },
  ],
  load: () => import('./inspect-action.ts').then((module) => module.imageInspect),
};
