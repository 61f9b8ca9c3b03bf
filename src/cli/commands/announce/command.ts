/** `opsctl announce`: what the service bos-announce runs, once a boot; for no person to type. */
import type { CommandDefinition } from '../../command.ts';

export const announceCommand: CommandDefinition = {
  name: 'announce',
  summary: 'tell the server that this ISO came from how far this machine is',
  examples: [{ line: 'sudo opsctl announce', does: 'Say that the medium, or the disk, has booted:' }],
  load: () => import('./action.ts').then((module) => module.announceBoot),
};
