/** `opsctl image`: disk images. */
import type { CommandDefinition } from '../../command.ts';
import { createCommand } from './create-command.ts';
import { editCommand } from './edit-command.ts';
import { inspectCommand } from './inspect-command.ts';
import { osListCommand } from './os-list-command.ts';
import { writeCommand } from './write-command.ts';

export const imageCommand: CommandDefinition = {
  name: 'image',
  summary: 'make disk images, look into them, change them, write them to disks, list them',
  subcommands: [createCommand, inspectCommand, editCommand, writeCommand, osListCommand],
};
