/** What `opsctl terraform validate` does. */
import { formatDiagnostic, hasErrors } from '../../../config/diagnostics.ts';
import { errorCode, exitCodes, usage } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { whyNamed } from '../../../host/system-error.ts';
import type { ProfileFinding } from '../../../palette/profile/findings.ts';
import { validateTerraform } from '../../../palette/terraform/validate.ts';
import type { CommandAction } from '../../command.ts';
import { namedToCheck, nameOf, readNamed, requireOneStdin } from '../config/read-files.ts';

/** Throws OpsError (usage): `nothing-to-validate`, `stdin-twice`, `terraform-invalid`. */
export const terraformValidate: CommandAction = async ({ host, terminal }, [given], options) => {
  const files = namedToCheck(given, 'Name Terraform files, or - for stdin.');
  const findings: ProfileFinding[] = [];
  requireOneStdin(files);
  for (const file of files) findings.push(...(await checked(host, file)));
  if (options.json === true) {
    const diagnostics = findings.map(({ severity, place, message }) => ({ severity, ...place, message }));
    terminal.out(`${JSON.stringify({ v: 1, files: files.map(nameOf), diagnostics }, null, 2)}\n`);
    return hasErrors(findings) ? exitCodes.usage : 0;
  }
  const lines = findings.map(formatDiagnostic);
  if (hasErrors(findings))
    throw usage('terraform-invalid', 'This is not sound Terraform for Palette', {
      details: lines,
      hint: 'Fix what is listed. docs/profiles.md has the reasons.',
    });
  for (const line of lines) terminal.err(`${line}\n`);
  return 0;
};

async function checked(host: Host, named: string): Promise<readonly ProfileFinding[]> {
  const file = nameOf(named);
  try {
    return validateTerraform(await readNamed(host, named), file);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return [{ severity: 'error', place: { file }, message: `cannot be read: ${whyNamed(error)}` }];
  }
}
