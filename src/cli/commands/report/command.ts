/** `opsctl report`: what the service bos-report runs, when something changed; for no person to type. */
import type { CommandDefinition } from '../../command.ts';

export const reportCommand: CommandDefinition = {
  name: 'report',
  summary: 'tell the cluster what this node runs and how its last upgrade ended',
  options: [{ flags: '--destination <folder>', help: 'bos/system of the node, where it is not /bos/system' }],
  examples: [{ line: 'sudo opsctl report', does: 'Tell what has changed:' }],
  load: () => import('./action.ts').then((module) => module.reportNode),
};
