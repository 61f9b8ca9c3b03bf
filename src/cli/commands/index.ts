/** All commands, in the order in which help lists them. A new command is one file here and one row below. */
import type { CommandDefinition } from '../command.ts';
import { buildCommand } from './build.ts';
import { completionCommand } from './completion.ts';
import { configCommand } from './config.ts';
import { factsCommand } from './facts.ts';
import { helpMarkdownCommand } from './help-markdown.ts';
import { installCommand } from './install.ts';
import { isoCommand } from './iso.ts';
import { manCommand } from './man.ts';
import { pxeCommand } from './pxe.ts';
import { statusCommand } from './status.ts';
import { vmCommand } from './vm.ts';

const commandTree = (): readonly CommandDefinition[] => commands;

export const commands: readonly CommandDefinition[] = [
  installCommand,
  configCommand,
  statusCommand,
  factsCommand,
  isoCommand,
  pxeCommand,
  buildCommand,
  vmCommand,
  completionCommand(commandTree),
  manCommand(commandTree),
  helpMarkdownCommand(commandTree),
];
