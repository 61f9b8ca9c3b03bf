/** What `opsctl plan validate` does. */
import { type Diagnostic, hasErrors, unreadableFile } from '../../../config/diagnostics.ts';
import { errorCode } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { whyNamed } from '../../../host/system-error.ts';
import { type Validation, validatePlans } from '../../../kubernetes/validate/validate.ts';
import type { CommandAction } from '../../command.ts';
import { namedToCheck, nameOf, readNamed, requireOneStdin } from '../config/read-files.ts';
import { diagnosticRow, faultsExit, faultsFound, tellFaults } from '../diagnostics-report.ts';

/**
 * Reports what is wrong with the Plans in files. Throws OpsError: (usage) `nothing-to-validate`, `stdin-twice`, `plan-invalid`;
 * (refused) `file-unreadable`.
 */
export const validate: CommandAction = async ({ host, terminal }, [given], options) => {
  const files = namedToCheck(given, 'Name YAML files, or - for stdin.');
  const checked: {
    readonly file: string;
    readonly plans: number;
    readonly diagnostics: readonly Diagnostic[];
  }[] = [];
  requireOneStdin(files);
  for (const named of files) checked.push({ file: nameOf(named), ...(await checkFile(host, named)) });
  const diagnostics = checked.flatMap((one) => [...one.diagnostics, ...withoutPlan(one)]);
  if (options.json === true) {
    terminal.out(jsonOf(checked, diagnostics));
    return faultsExit(diagnostics);
  }
  if (hasErrors(diagnostics))
    throw faultsFound('plan-invalid', diagnostics, 'Fix what is listed. docs/kubernetes.md has the reasons.');
  tellFaults(terminal, diagnostics);
  return 0;
};

async function checkFile(host: Host, named: string): Promise<Validation> {
  const file = nameOf(named);
  try {
    return validatePlans(await readNamed(host, named), file);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return { plans: 0, diagnostics: [unreadableFile(file, whyNamed(error))] };
  }
}

/** A file in which nothing was looked at: a mistyped kind would go unnoticed. */
function withoutPlan({
  file,
  plans,
  diagnostics,
}: Validation & { readonly file: string }): readonly Diagnostic[] {
  if (plans > 0 || hasErrors(diagnostics)) return [];
  return [
    { severity: 'warning', place: { file }, message: 'holds no Plan of the system-upgrade-controller' },
  ];
}

function jsonOf(
  checked: readonly { readonly file: string; readonly plans: number }[],
  diagnostics: readonly Diagnostic[],
): string {
  const found = {
    v: 1,
    files: checked.map(({ file, plans }) => ({ file, plans })),
    diagnostics: diagnostics.map(diagnosticRow),
  };
  return `${JSON.stringify(found, null, 2)}\n`;
}
