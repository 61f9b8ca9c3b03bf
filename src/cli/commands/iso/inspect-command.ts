/** `opsctl iso inspect` and `opsctl iso verify`. */
import type { CommandDefinition } from '../../command.ts';

export const inspectCommand: CommandDefinition = {
  name: 'inspect',
  summary: 'say what an ISO is, boots and holds',
  description:
    'Reads an ISO of Bhojpur OS or of anybody else: volume, boot images, partition tables, loaders and whether a ' +
    'UEFI with Secure Boot starts them, kernels, the menus with their arguments, our version and configuration ' +
    '(secrets hidden), and what is wrong with it. At a URL only the parts that are looked at are fetched, and the ' +
    'SHA-256 is left out. Changes nothing and starts no other program.',
  args: [{ name: '<iso>', help: 'path of the ISO, or its http, https, ftp or tftp URL' }],
  options: [
    { flags: '--json', help: 'print a JSON object' },
    { flags: '--quick', help: 'leave out the SHA-256, for which the whole file is read' },
  ],
  examples: [
    { line: 'opsctl iso inspect bos-amd64.iso', does: 'See what is on an ISO:' },
    {
      line: "opsctl iso inspect bos-amd64.iso --json | jq -r '.menus[].entries[].title'",
      does: 'List its menu entries:',
    },
    { line: 'opsctl iso inspect https://example.com/bos-amd64.iso', does: 'Look at one without a download:' },
  ],
  load: () => import('./inspect-action.ts').then((module) => module.isoInspect),
};

export const verifyCommand: CommandDefinition = {
  name: 'verify',
  summary: 'check every file and boot structure of an ISO',
  description:
    'Compares every file with the list of digests on the image (our manifest; sha512sum.txt, sha256sum.txt or ' +
    'md5sum.txt on those of others), and checks what firmware goes by: boot images that exist and find themselves, ' +
    'both copies of the partition table, trees that show the same files, an image that is whole. Ends with exit ' +
    'code 3 when anything is wrong. A digest on the image finds damage, not somebody who changed both.',
  args: [{ name: '<iso>', help: 'path of the ISO' }],
  options: [{ flags: '--json', help: 'print a JSON object' }],
  examples: [{ line: 'opsctl iso verify bos-amd64.iso', does: 'Check an ISO that was copied:' }],
  load: () => import('./inspect-action.ts').then((module) => module.isoVerify),
};
