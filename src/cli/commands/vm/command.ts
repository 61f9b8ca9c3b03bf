/** `opsctl vm`: virtual machines. */
import { architectureNames } from '../../../architectures.ts';
import type { CommandDefinition } from '../../command.ts';

const run: CommandDefinition = {
  name: 'run',
  summary: 'boot an ISO, an artifact set or a disk in QEMU',
  description:
    'Boots an ISO, a disk image or a folder of artifacts in QEMU, with the serial console of the machine on this ' +
    'terminal. Ctrl-A x quits, Ctrl-A c switches to the QEMU monitor and back. Without TARGET it boots the ' +
    'ISO in dist/artifacts. An ISO is never written to; a disk image is. Uses KVM only if a guest really runs with it ' +
    '(set BOS_VM_ACCEL to kvm or tcg to decide yourself).',
  args: [{ name: '[target]', help: 'ISO, disk image, or folder with bos-vmlinuz-ARCH and bos-initrd-ARCH' }],
  options: [
    {
      flags: '--arch <name>',
      help: 'architecture of the machine; that of what is booted by default',
      choices: architectureNames,
    },
    {
      flags: '--firmware <kind>',
      help: 'firmware of the machine; bios by default, uefi where there is no BIOS',
      choices: ['bios', 'uefi', 'secureboot'],
    },
    {
      flags: '--bus <bus>',
      help: 'how the ISO (cd) or disk image (virtio) is attached',
      choices: ['cd', 'usb', 'virtio', 'nvme', 'ide', 'sata', 'scsi'],
    },
    {
      flags: '--disk <file[:size]>',
      help: 'another disk, such as disk.img:8G; created if missing',
      repeatable: true,
    },
    {
      flags: '--disk-bus <bus>',
      help: 'how those disks are attached',
      choices: ['usb', 'virtio', 'nvme', 'ide', 'sata', 'scsi'],
      default: 'virtio',
    },
    {
      flags: '--sector-size <bytes>',
      help: 'logical sectors of the disks',
      choices: ['512', '4096'],
      default: '512',
    },
    { flags: '--memory <MiB>', help: 'memory of the machine (1024)' },
    { flags: '--cpus <number>', help: 'processors of the machine (2)' },
    { flags: '--ssh-port <port>', help: 'port on 127.0.0.1 that reaches ssh in the machine' },
    { flags: '--kernel <file>', help: 'boot this kernel directly' },
    { flags: '--initrd <file>', help: 'initrd to boot with --kernel' },
    { flags: '--append <text>', help: 'added to the kernel command line of --kernel or of the artifacts' },
    { flags: '--pxe', help: 'boot the folder of artifacts over the network' },
  ],
  examples: [
    { line: 'opsctl vm run', does: 'Boot the ISO that was built:' },
    { line: 'opsctl vm run --arch arm64', does: 'Boot the one for arm64:' },
    { line: 'opsctl vm run --disk disk.img:8G', does: 'The same with an empty disk to install to:' },
    { line: 'opsctl vm run disk.img --firmware uefi --ssh-port 2222', does: 'Boot an installed disk:' },
    {
      line: 'opsctl vm run dist/artifacts --append bos.mode=install',
      does: 'Boot kernel and initrd without a boot loader:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.vmRun),
};

export const vmCommand: CommandDefinition = {
  name: 'vm',
  summary: 'run Bhojpur OS in a virtual machine',
  subcommands: [run],
};
