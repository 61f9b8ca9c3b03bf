/** A profile that a person names, read and checked. */
import { resolve } from 'node:path';
import { type Diagnostic, hasErrors } from '../../../config/diagnostics.ts';
import type { OpsError } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { type LoadedProfile, loadProfile, readProfile } from '../../../palette/profile/load.ts';
import type { Profile } from '../../../palette/profile/model.ts';
import type { CommandContext } from '../../command.ts';
import { nameOf, readNamed } from '../config/read-files.ts';
import { faultsFound, tellFaults } from '../diagnostics-report.ts';

/** `-` is stdin, whose files are looked for in the current folder. Throws OpsError (refused) `profile-unreadable`. */
export async function openProfile(host: Host, given: string): Promise<LoadedProfile> {
  const path = resolve(host.system.cwd(), given);
  if (given !== '-') return loadProfile(host, path, given);
  return readProfile(host, await readNamed(host, given), { path, place: nameOf(given) });
}

/** Warnings are said, and what of an export is left out. Throws OpsError (usage) `profile-invalid` for one with errors, and what `openProfile` does. */
export async function checkedProfile(
  { host, terminal }: CommandContext,
  given: string,
): Promise<LoadedProfile & { readonly profile: Profile }> {
  const loaded = await openProfile(host, given);
  const { findings, profile, leftOut } = loaded;
  if (hasErrors(findings) || profile === undefined) throw profilesInvalid(findings);
  tellFaults(terminal, findings);
  if (leftOut.length > 0) terminal.err(`note: left out, as Palette gives them anew: ${leftOut.join(', ')}\n`);
  return { ...loaded, profile };
}

/** Errors and warnings as they were found. */
export const profilesInvalid = (findings: readonly Diagnostic[]): OpsError =>
  faultsFound('profile-invalid', findings, 'Fix what is listed. docs/profiles.md has the rules.');
