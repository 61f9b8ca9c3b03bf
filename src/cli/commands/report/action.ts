/** Runs `opsctl report`. */
import { report } from '../../../kubernetes/report/report.ts';
import type { CommandAction } from '../../command.ts';
import { rootOf } from '../upgrade/action.ts';

export const reportNode: CommandAction = async ({ host, terminal, signal }, _args, options) => {
  await report(host, rootOf(options.destination), { signal, say: (line) => terminal.err(`bos: ${line}\n`) });
  return 0;
};
