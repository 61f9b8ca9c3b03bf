/** `opsctl metadata`: what the service bos-metadata runs, once a boot and before there is a network; for no person to type. */
import type { CommandDefinition } from '../../command.ts';

export const metadataCommand: CommandDefinition = {
  name: 'metadata',
  summary: 'ask the cloud how the network is, before it is set up',
  examples: [{ line: 'opsctl metadata', does: 'Ask it:' }],
  load: () => import('./action.ts').then((module) => module.metadata),
};
