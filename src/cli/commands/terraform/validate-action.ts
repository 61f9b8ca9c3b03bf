/** What `opsctl terraform validate` does. */
import { type Diagnostic, hasErrors, unreadableFile } from '../../../config/diagnostics.ts';
import { errorCode } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { whyNamed } from '../../../host/system-error.ts';
import { validateTerraform } from '../../../palette/terraform/validate.ts';
import type { CommandAction } from '../../command.ts';
import { namedToCheck, nameOf, readNamed, requireOneStdin } from '../config/read-files.ts';
import { diagnosticRow, faultsExit, faultsFound, tellFaults } from '../diagnostics-report.ts';

/** Throws OpsError: (usage) `nothing-to-validate`, `stdin-twice`, `terraform-invalid`; (refused) `file-unreadable`. */
export const terraformValidate: CommandAction = async ({ host, terminal }, [given], options) => {
  const files = namedToCheck(given, 'Name Terraform files, or - for stdin.');
  const findings: Diagnostic[] = [];
  requireOneStdin(files);
  for (const file of files) findings.push(...(await checked(host, file)));
  if (options.json === true) {
    const diagnostics = findings.map(diagnosticRow);
    terminal.out(`${JSON.stringify({ v: 1, files: files.map(nameOf), diagnostics }, null, 2)}\n`);
    return faultsExit(findings);
  }
  if (hasErrors(findings))
    throw faultsFound('terraform-invalid', findings, 'Fix what is listed. docs/profiles.md has the reasons.');
  tellFaults(terminal, findings);
  return 0;
};

async function checked(host: Host, named: string): Promise<readonly Diagnostic[]> {
  const file = nameOf(named);
  try {
    return validateTerraform(await readNamed(host, named), file);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return [unreadableFile(file, whyNamed(error))];
  }
}
