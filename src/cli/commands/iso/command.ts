/** `opsctl iso`: ISO images. */
import type { CommandDefinition } from '../../command.ts';
import { inspectCommand, verifyCommand } from './inspect-command.ts';
import { remasterCommand } from './remaster-command.ts';

export const isoCommand: CommandDefinition = {
  name: 'iso',
  summary: 'inspect and change ISO images',
  subcommands: [inspectCommand, remasterCommand, verifyCommand],
};
