/** Runs `opsctl datastore`. */
import { withIoFaults } from '../../../host/io-fault.ts';
import { guardDatastore } from '../../../runtime/datastore/guard.ts';
import type { CommandAction } from '../../command.ts';

export const datastore: CommandAction = async ({ host, terminal }) => {
  await guardDatastore(withIoFaults(host), '/', (line) => terminal.err(`bos: ${line}\n`));
  return 0;
};
