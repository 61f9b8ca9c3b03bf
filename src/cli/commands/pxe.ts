/** `opsctl pxe`: booting over the network. */
import type { CommandDefinition } from '../command.ts';

const kit: CommandDefinition = {
  name: 'kit',
  summary: 'write what a PXE server serves: kernel, initrd and scripts',
  description:
    'Fills a folder that a TFTP or HTTP server serves as it is: the kernel, an initrd that boots with nothing else and ' +
    'holds the configuration, boot.ipxe for iPXE and grub/grub.cfg for a GRUB that came over the network. Made of an ' +
    'ISO of Bhojpur OS, or of the artifacts of "opsctl build pxe". The initrd and the scripts are as secret as the ' +
    'configuration and the arguments in them: PXE has no passwords.',
  args: [{ name: '<folder>', help: 'where the kit goes; made when missing, else empty or a kit' }],
  options: [
    { flags: '--from <path>', help: 'ISO or folder of artifacts', default: 'dist/artifacts' },
    { flags: '--append-karg <arg>', help: 'add a kernel argument', repeatable: true },
    {
      flags: '--install <setting...>',
      help: 'install unattended: device=/dev/vda and other settings of the installer (bos.install.*)',
      repeatable: true,
    },
    { flags: '--config <file>', help: 'check this configuration and put it into the initrd' },
    {
      flags: '--loader <file>',
      help: 'an EFI program to lay beside, such as shim or GRUB for networks',
      repeatable: true,
    },
    { flags: '--json', help: 'print a JSON object' },
  ],
  examples: [
    { line: 'opsctl pxe kit /srv/tftp --from bos-amd64.iso', does: 'Boot the live system over the network:' },
    {
      line: 'opsctl pxe kit /srv/tftp --install device=/dev/vda --config node.yaml',
      does: 'Machines that install themselves:',
    },
  ],
  load: () => import('../actions/pxe-kit.ts').then((module) => module.pxeKit),
};

export const pxeCommand: CommandDefinition = {
  name: 'pxe',
  summary: 'boot over the network',
  subcommands: [kit],
};
