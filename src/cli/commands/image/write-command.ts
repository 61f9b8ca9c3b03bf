/** `opsctl image write`. */
import type { CommandDefinition } from '../../command.ts';

export const writeCommand: CommandDefinition = {
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
