/** `opsctl image`: disk images. */

import { compressions, formatNames } from '../../../formats/disk-images/formats.ts';
import { cloudNames } from '../../../image/cloud/clouds.ts';
import type { CommandDefinition } from '../../command.ts';
import { appendKarg } from '../boot-options.ts';
import { editCommand } from './edit-command.ts';
import { inspectCommand } from './inspect-command.ts';

const create: CommandDefinition = {
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
      help: 'ISO to make it of: a path or URL',
      default: 'dist/artifacts/bos-amd64.iso',
    },
    { flags: '--size <size>', help: 'size of the disk, such as 8G; the smallest possible when left out' },
    { flags: '--config <file>', help: 'check this configuration and put it into the image' },
    appendKarg,
    { flags: '--allow-no-login', help: 'write it even if nobody can log in' },
    { flags: '--no-checksums', help: 'leave out the files .sha256 and .bmap beside it' },
    { flags: '--force', help: 'replace files that are there' },
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
    { line: 'opsctl image create --cloud aws', does: 'Write one for Amazon EC2, with keys from there:' },
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
  ],
  load: () => import('./create-action.ts').then((module) => module.imageCreate),
};

const write: CommandDefinition = {
  name: 'write',
  summary: 'write an image to a stick, a card or a disk',
  description:
    'Writes a disk image or ISO, ours or another, to a whole disk; everything on that disk is lost. It takes removable ' +
    'disks that nothing uses, shows the plan and asks for a yes. Images packed by gzip, xz or zstd are unpacked on the ' +
    'way, and a block map (.bmap) beside the image is used. Everything is read back from the disk; the first MiB, with ' +
    'the partition table, is written at the very end, so that a cancel leaves an empty disk.',
  args: [
    { name: '<image>', help: 'a path, or an http, https, ftp or tftp URL' },
    {
      name: '[device]',
      help: 'the disk: /dev/sdb, a link in /dev/disk/by-id, or criteria such as serial=S3Z9; asked for when left out',
    },
  ],
  options: [
    { flags: '--silent', help: 'do not ask; naming DEVICE is consent to erase it' },
    { flags: '--dry-run', help: 'show the plan and touch nothing' },
    { flags: '--sha256 <digest>', help: 'expected SHA-256 of the image file, packed as it is' },
    { flags: '--bmap <file>', help: 'block map of the image: a path or URL; one beside the image is found' },
    { flags: '--no-bmap', help: 'write the whole image, even if a block map lies beside it' },
    {
      flags: '--force',
      help: 'take a fixed disk, too, and an image that ends before its partitions do; never a disk in use',
    },
    { flags: '--insecure', help: 'accept an http, ftp or tftp image that no SHA-256 verifies' },
    { flags: '--json', help: 'print events as JSON lines; never asks' },
  ],
  examples: [
    { line: 'opsctl image write node.img', does: 'Ask for the disk, show the plan, write:' },
    {
      line: 'opsctl image write https://example.com/disk.img.xz /dev/sdb --silent',
      does: 'Write another image from a server, without questions:',
    },
    { line: 'opsctl image write bos-amd64.iso /dev/sdb --dry-run', does: 'Show what would be done:' },
  ],
  load: () => import('./write-action.ts').then((module) => module.imageWrite),
};

export const imageCommand: CommandDefinition = {
  name: 'image',
  summary: 'make disk images, look into them, change them, write them to disks',
  subcommands: [create, inspectCommand, editCommand, write],
};
