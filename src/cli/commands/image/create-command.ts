/** `opsctl image create`. */
import { compressions, formatNames } from '../../../formats/disk-images/formats.ts';
import { cloudNames } from '../../../image/cloud/clouds.ts';
import type { CommandDefinition } from '../../command.ts';
import { appendKarg } from '../boot-options.ts';

export const createCommand: CommandDefinition = {
  name: 'create',
  summary: 'write a bootable disk image',
  description:
    'Writes a disk image that boots by BIOS, UEFI and Secure Boot, straight from a Bhojpur OS ISO: without root, ' +
    'mounts or a virtual machine. The image grows to the size of its disk with the first boot, which also gives the ' +
    'machine its own identity. The same input gives the same bytes. Beside the image stand its SHA-256 (.sha256) and, ' +
    'for a raw one, a block map for bmaptool (.bmap).',
  args: [],
  options: [
    {
      flags: '-o, --output <file>',
      help: 'the image; its ending says the format; with --cloud, a name by default',
    },
    {
      flags: '--cloud <name>',
      help: 'choose format, console, data source and size for this cloud or hypervisor',
      choices: cloudNames,
    },
    { flags: '--format <format>', help: `what it is: ${formatNames.join(', ')}` },
    { flags: '--compress <method>', help: `compress it as a whole: ${compressions.join(', ')}` },
    {
      flags: '--from <iso>',
      help:
        'ISO to make it of: a path or URL; or an OCI image, oci:REGISTRY/REPOSITORY:TAG or oci-archive:FILE; by default ' +
        'the one for this machine in dist/artifacts',
    },
    { flags: '--size <size>', help: 'size of the disk, such as 8G; the smallest possible when left out' },
    { flags: '--config <file>', help: 'check this configuration and put it into the image' },
    appendKarg,
    { flags: '--allow-no-login', help: 'write it even if nobody can log in' },
    { flags: '--no-checksums', help: 'leave out the files .sha256 and .bmap beside it' },
    { flags: '--force', help: 'replace files that are there' },
    { flags: '--dry-run', help: 'check everything, show the plan and write nothing' },
    { flags: '--json', help: 'print events as JSON lines' },
  ],
  examples: [
    {
      line: 'opsctl image create -o node.img --config node.yaml',
      does: 'Write an image to copy to a disk:',
    },
    {
      line: 'opsctl image create -o node.img --size 20G --config node.yaml --append-karg nosmt',
      does: 'Write a larger one, with a kernel argument:',
    },
    {
      line: 'opsctl image create -o node.qcow2 --config node.yaml',
      does: 'Write one for QEMU, Proxmox or OpenStack:',
    },
    {
      line: 'opsctl image create -o node.img.zst --config node.yaml',
      does: 'Write a compressed one:',
    },
    {
      line: 'opsctl image create -o node.tar.gz --format gce --config node.yaml',
      does: 'Write an archive for Google Compute Engine:',
    },
    { line: 'opsctl image create --cloud aws', does: 'Write one for Amazon EC2, with keys from there:' },
  ],
  load: () => import('./create-action.ts').then((module) => module.imageCreate),
};
