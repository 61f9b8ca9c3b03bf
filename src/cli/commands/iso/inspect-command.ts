/** `opsctl iso inspect` and `opsctl iso verify`. */
import type { CommandDefinition } from '../../command.ts';

export const inspectCommand: CommandDefinition = {
  name: 'inspect',
  summary: 'show what an ISO is, boots and contains',
  prints: true,
  description:
    'Reads an ISO, of Bhojpur OS or any other: volume, boot images, partition tables, loaders and whether ' +
    'UEFI Secure Boot starts them, kernels, menus with their arguments, the Bhojpur OS version and configuration ' +
    '(secrets hidden), and what is wrong with it. From a URL it fetches only the parts it needs, and skips the ' +
    'SHA-256. Changes nothing and runs no other program.',
  args: [{ name: '<iso>', help: 'path of the ISO, or its http, https, ftp or tftp URL' }],
  options: [
    { flags: '--json', help: 'print a JSON object' },
    { flags: '--quick', help: 'skip the SHA-256, which needs the whole file' },
  ],
  examples: [
    { line: 'opsctl iso inspect bos-amd64.iso', does: 'See what is on an ISO:' },
    {
      line: "opsctl iso inspect bos-amd64.iso --json | jq -r '.menus[].entries[].title'",
      does: 'List its menu entries:',
    },
    {
      line: 'opsctl iso inspect https://example.com/bos-amd64.iso',
      does: 'Inspect one without downloading it:',
    },
  ],
  load: () => import('./inspect-action.ts').then((module) => module.isoInspect),
};

export const verifyCommand: CommandDefinition = {
  name: 'verify',
  summary: 'check every file and boot structure of an ISO',
  prints: true,
  description:
    'Compares every file with the list of digests on the image (the manifest of Bhojpur OS; sha512sum.txt, sha256sum.txt or ' +
    'md5sum.txt on others), and checks what firmware relies on: boot images that exist and find themselves, ' +
    'both copies of the partition table, trees that show the same files, a complete image. Ends with exit ' +
    'code 3 if anything is wrong. A digest on the image reveals damage, but not somebody who changed both.',
  args: [{ name: '<iso>', help: 'path of the ISO' }],
  options: [{ flags: '--json', help: 'print a JSON object' }],
  examples: [{ line: 'opsctl iso verify bos-amd64.iso', does: 'Check an ISO that was copied:' }],
  load: () => import('./inspect-action.ts').then((module) => module.isoVerify),
};
