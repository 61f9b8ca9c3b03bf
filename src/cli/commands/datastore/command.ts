/** `opsctl datastore`: what the service bos-datastore runs, once a boot and before DCP; for no person to type. */
import type { CommandDefinition } from '../../command.ts';

export const datastoreCommand: CommandDefinition = {
  name: 'datastore',
  summary: 'keep the datastore of DCP before another version of DCP starts, or set it back',
  examples: [{ line: 'opsctl datastore', does: 'Do what has to be done before DCP starts:' }],
  load: () => import('./action.ts').then((module) => module.datastore),
};
