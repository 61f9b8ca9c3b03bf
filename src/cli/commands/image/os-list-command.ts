/** `opsctl image os-list`. */
import { imagerArchitectures, initFormats } from '../../../image/os-list/entry.ts';
import type { CommandDefinition } from '../../command.ts';

export const osListCommand: CommandDefinition = {
  name: 'os-list',
  summary: 'make a repository file for Raspberry Pi Imager',
  prints: true,
  description:
    'Writes the list of images that Raspberry Pi Imager shows, with their sizes and digests. Each image is read once ' +
    'and must be whole; a .sha256 beside it must be right. With --init-format cloudinit, Imager asks for host name, ' +
    'user, keys and Wi-Fi, and the first boot applies them. Publish the images and the list, and give Imager its URL.',
  args: [{ name: '<image...>', help: 'disk images, raw or packed: node.img.xz' }],
  options: [
    { flags: '--url <base>', help: 'the folder on the server that the images will be fetched from' },
    {
      flags: '--device <tag>',
      help: 'a board that they are for, as Imager calls it: pi5-64bit, pi4-64bit, pi3-32bit',
      repeatable: true,
    },
    { flags: '-o, --output <file>', help: 'where the list goes; standard output when left out' },
    {
      flags: '--name <name>',
      help: 'what an image is called, once for each; by its file when left out',
      repeatable: true,
    },
    {
      flags: '--description <text>',
      help: 'the line below the name',
      default: 'A small Linux distribution that runs Kubernetes',
    },
    {
      flags: '--icon <url>',
      help: "a picture of 40 by 40 pixels, or one of Imager's own",
      default: 'icons/use_custom.png',
    },
    { flags: '--website <url>', help: 'where to read more' },
    { flags: '--release-date <date>', help: 'such as 2026-11-29; the date of each file when left out' },
    {
      flags: '--init-format <format>',
      help: 'what Imager writes for the first boot',
      choices: initFormats,
      default: 'cloudinit',
    },
    {
      flags: '--architecture <name>',
      help: 'armv8 for 64 bits, armhf for 32; Imager sorts by it',
      choices: imagerArchitectures,
    },
    { flags: '--force', help: 'replace a list that is there' },
  ],
  examples: [
    {
      line: 'opsctl image os-list node.img.xz --url https://example.org/images --device pi5-64bit --device pi4-64bit -o os_list.json',
      does: 'Make a list of one image:',
    },
    {
      line: 'opsctl image os-list a.img.xz b.img.xz --name "Node A" --name "Node B" --url https://example.org/images --device pi4-64bit',
      does: 'List two, and print it:',
    },
  ],
  load: () => import('./os-list-action.ts').then((module) => module.imageOsList),
};
