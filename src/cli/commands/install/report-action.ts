/** Runs `opsctl install --report`. */
import { requireRoot } from '../../../install/check/check.ts';
import { writeReport } from '../../../install/report.ts';
import type { CommandAction } from '../../command.ts';
import { opsctlVersion } from '../../version.ts';

export const reportInstall: CommandAction = async ({ host, terminal }) => {
  requireRoot(host);
  const path = await writeReport(host, await opsctlVersion());
  terminal.out(`${path}\n`);
  terminal.err(
    'It contains logs, facts and the plan, without secrets. Still, read it before you share it.\n',
  );
  return 0;
};
