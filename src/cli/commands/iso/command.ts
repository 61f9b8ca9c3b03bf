/** `opsctl iso`: ISO images. */
import type { CommandDefinition } from '../../command.ts';
import { inspectCommand, verifyCommand } from './inspect-command.ts';
import { remasterCommand } from './remaster-command.ts';
import { serveCommand } from './serve-command.ts';

export const isoCommand: CommandDefinition = {
  name: 'iso',
  summary: 'inspect, change and serve ISO images',
  subcommands: [inspectCommand, remasterCommand, serveCommand, verifyCommand],
};
