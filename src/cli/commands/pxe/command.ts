/** `opsctl pxe`: booting over the network. */
import type { CommandDefinition } from '../../command.ts';
import { appendKarg, installSettings } from '../boot-options.ts';

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
    appendKarg,
    installSettings,
    { flags: '--config <file>', help: 'check this configuration and put it into the initrd' },
    {
      flags: '--loader <file[:name]>',
      help: 'an EFI program to lay beside, under another name if one is given: shim, GRUB for networks',
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
    {
      line: 'opsctl pxe kit /srv/tftp --loader shimx64.efi.signed:shimx64.efi --loader grubnetx64.efi.signed:grubx64.efi',
      does: 'For UEFI machines with Secure Boot, with the signed loaders of Debian:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.pxeKit),
};

export const pxeCommand: CommandDefinition = {
  name: 'pxe',
  summary: 'boot over the network',
  subcommands: [kit],
};
