/** What `opsctl profile validate` does. */
import { hasErrors, unreadableFile } from '../../../config/diagnostics.ts';
import { errorCode, type OpsError } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { whyNamed } from '../../../host/system-error.ts';
import type { LoadedProfile } from '../../../palette/profile/load.ts';
import type { CommandAction } from '../../command.ts';
import { namedToCheck, requireOneStdin } from '../config/read-files.ts';
import { diagnosticRow, faultsExit, tellFaults } from '../diagnostics-report.ts';
import { openProfile, profilesInvalid } from './checked-profile.ts';

/** Throws OpsError: (usage) `nothing-to-validate`, `stdin-twice`, `profile-invalid`; (refused) `file-unreadable`. */
export const profileValidate: CommandAction = async ({ host, terminal }, [given], options) => {
  const files = namedToCheck(given, 'Name files of profiles, or - for stdin.');
  requireOneStdin(files);
  const checked: LoadedProfile[] = [];
  for (const file of files) checked.push(await opened(host, file));
  const findings = checked.flatMap((one) => one.findings);
  if (options.json === true) {
    terminal.out(jsonOf(checked));
    return faultsExit(findings);
  }
  if (hasErrors(findings)) throw profilesInvalid(findings);
  tellFaults(terminal, findings);
  return 0;
};

/** One that cannot be read is a fault among others. */
async function opened(host: Host, file: string): Promise<LoadedProfile> {
  try {
    return await openProfile(host, file);
  } catch (error) {
    if (errorCode(error) !== 'profile-unreadable') throw error;
    const why = whyNamed((error as OpsError).cause);
    return {
      ...{ place: file, form: 'source', profile: undefined, cluster: undefined, leftOut: [] },
      findings: [unreadableFile(file, why)],
    };
  }
}

function jsonOf(checked: readonly LoadedProfile[]): string {
  const found = {
    v: 1,
    profiles: checked.map(({ place, form, profile, leftOut }) => ({
      ...{ file: place, form, name: profile?.name ?? null, version: profile?.version ?? null },
      ...{ type: profile?.type ?? null, packs: profile?.packs.length ?? null, leftOut },
    })),
    diagnostics: checked.flatMap(({ findings }) => findings.map(diagnosticRow)),
  };
  return `${JSON.stringify(found, null, 2)}\n`;
}
