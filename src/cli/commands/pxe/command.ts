/** `opsctl pxe`: booting over the network. */
import { architectureNames } from '../../../architectures.ts';
import type { CommandDefinition } from '../../command.ts';
import { appendKarg, installSettings } from '../boot-options.ts';

const kit: CommandDefinition = {
  name: 'kit',
  summary: 'write what a PXE server serves: kernel, initrd and scripts',
  description:
    'Fills a folder that a TFTP or HTTP server serves as it is: the kernel, a self-contained initrd that ' +
    'holds the configuration, boot.ipxe for iPXE and grub/grub.cfg for a GRUB loaded over the network. Made from a ' +
    'Bhojpur OS ISO, or from the artifacts of "opsctl build pxe". Keep the initrd and the scripts as secret as the ' +
    'configuration and the arguments in them: PXE has no passwords.',
  args: [{ name: '<folder>', help: 'where the kit goes: a new or empty folder, or one with a kit' }],
  options: [
    { flags: '--from <path>', help: 'ISO or folder of artifacts', default: 'dist/artifacts' },
    {
      flags: '--arch <name>',
      help: 'which of several architectures in that folder; this machine’s by default',
      choices: architectureNames,
    },
    appendKarg,
    installSettings,
    { flags: '--config <file>', help: 'check this configuration and put it into the initrd' },
    {
      flags: '--loader <file[:name]>',
      help: 'an EFI program to add, under another name if you give one: shim, network GRUB',
      repeatable: true,
    },
    { flags: '--json', help: 'print a JSON object' },
  ],
  examples: [
    { line: 'opsctl pxe kit /srv/tftp --from bos-amd64.iso', does: 'Boot the live system over the network:' },
    {
      line: 'opsctl pxe kit /srv/tftp --install device=/dev/vda --config node.yaml',
      does: 'Let machines install themselves:',
    },
    {
      line: 'opsctl pxe kit /srv/tftp --loader shimx64.efi.signed:shimx64.efi --loader grubnetx64.efi.signed:grubx64.efi',
      does: 'For UEFI machines with Secure Boot, with the signed loaders of Debian:',
    },
    {
      line: 'opsctl pxe kit /srv/tftp --arch arm64 --loader shimaa64.efi.signed:shimaa64.efi --loader grubnetaa64.efi.signed:grubaa64.efi',
      does: 'The same for arm64:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.pxeKit),
};

export const pxeCommand: CommandDefinition = {
  name: 'pxe',
  summary: 'boot over the network',
  subcommands: [kit],
};
