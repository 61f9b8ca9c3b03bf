/** All commands, in the order in which help lists them. A new command is one file here and one row below. */
import type { CommandDefinition } from '../command.ts';
import { announceCommand } from './announce/command.ts';
import { buildCommand } from './build/command.ts';
import { completionCommand } from './completion/command.ts';
import { configCommand } from './config/command.ts';
import { datastoreCommand } from './datastore/command.ts';
import { disksCommand } from './disks/command.ts';
import { edgeCommand } from './edge/command.ts';
import { factsCommand } from './facts/command.ts';
import { helpMarkdownCommand } from './help-markdown/command.ts';
import { imageCommand } from './image/command.ts';
import { installCommand } from './install/command.ts';
import { isoCommand } from './iso/command.ts';
import { manCommand } from './man/command.ts';
import { metadataCommand } from './metadata/command.ts';
import { networkCommand } from './network/command.ts';
import { ociCommand } from './oci/command.ts';
import { overlayCommand } from './overlay/command.ts';
import { packCommand } from './pack/command.ts';
import { patchCommand } from './patch/command.ts';
import { planCommand } from './plan/command.ts';
import { profileCommand } from './profile/command.ts';
import { pxeCommand } from './pxe/command.ts';
import { reportCommand } from './report/command.ts';
import { rollbackCommand } from './rollback/command.ts';
import { statusCommand } from './status/command.ts';
import { takeoverCommand } from './takeover/command.ts';
import { terraformCommand } from './terraform/command.ts';
import { trialCommand } from './trial/command.ts';
import { upgradeCommand } from './upgrade/command.ts';
import { vmCommand } from './vm/command.ts';

const commandTree = (): readonly CommandDefinition[] => commands;

export const commands: readonly CommandDefinition[] = [
  installCommand,
  configCommand,
  statusCommand,
  upgradeCommand,
  rollbackCommand,
  takeoverCommand,
  patchCommand,
  disksCommand,
  factsCommand,
  networkCommand,
  isoCommand,
  imageCommand,
  ociCommand,
  overlayCommand,
  planCommand,
  packCommand,
  profileCommand,
  terraformCommand,
  edgeCommand,
  pxeCommand,
  buildCommand,
  vmCommand,
  completionCommand(commandTree),
  manCommand(commandTree),
  helpMarkdownCommand(commandTree),
  trialCommand,
  datastoreCommand,
  metadataCommand,
  reportCommand,
  announceCommand,
];
