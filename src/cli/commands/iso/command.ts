/** `opsctl iso`: ISO images. */
import type { CommandDefinition } from '../../command.ts';
import { inspectCommand, verifyCommand } from './inspect-command.ts';
import { remasterCommand } from './remaster-command.ts';

export const isoCommand: CommandDefinition = {
  name: 'iso',
  summary: 'look at ISO images and change them',
  subcommands: [inspectCommand, remasterCommand, verifyCommand],
};
