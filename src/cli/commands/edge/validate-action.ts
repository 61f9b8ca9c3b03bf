/** What `opsctl edge validate` does. */
import { hasErrors } from '../../../config/diagnostics.ts';
import type { CommandAction } from '../../command.ts';
import { namedToCheck, requireOneStdin } from '../config/read-files.ts';
import { diagnosticRow, faultsExit, faultsFound, tellFaults } from '../diagnostics-report.ts';
import { type ReadUserData, readUserData, reasonsHint } from './read-user-data.ts';

/**
 * Reports what is wrong with user-data. Throws OpsError: (usage) `nothing-to-validate`, `stdin-twice`, `user-data-invalid`;
 * (refused) `file-unreadable`.
 */
export const edgeValidate: CommandAction = async ({ host, terminal }, [given], options) => {
  const files = namedToCheck(given, 'Name files with user-data, or - for stdin.');
  requireOneStdin(files);
  const checked: ReadUserData[] = [];
  const use = { site: options.site === true, agent: options.agent === true };
  for (const named of files) checked.push(await readUserData(host, named, use));
  const diagnostics = checked.flatMap((one) => one.diagnostics);
  if (options.json === true) {
    const found = {
      v: 1,
      files: checked.map(({ file, mode }) => ({ file, mode: mode ?? null })),
      diagnostics: diagnostics.map(diagnosticRow),
    };
    terminal.out(`${JSON.stringify(found, null, 2)}\n`);
    return faultsExit(diagnostics);
  }
  if (hasErrors(diagnostics)) throw faultsFound('user-data-invalid', diagnostics, reasonsHint);
  tellFaults(terminal, diagnostics);
  return 0;
};
