/** Runs `opsctl report`. */
import { report } from '../../../kubernetes/report/report.ts';
import type { CommandAction } from '../../command.ts';

export const reportNode: CommandAction = async ({ host, terminal, signal }) => {
  await report(host, '/', { signal, say: (line) => terminal.err(`bos: ${line}\n`) });
  return 0;
};
