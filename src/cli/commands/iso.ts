/** `opsctl iso`: ISO images. */
import type { CommandDefinition } from '../command.ts';
import { remasterCommand } from './iso-remaster.ts';

export const isoCommand: CommandDefinition = {
  name: 'iso',
  summary: 'look at ISO images and change them',
  subcommands: [remasterCommand],
};
