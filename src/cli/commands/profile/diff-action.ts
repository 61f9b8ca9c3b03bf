/** What `opsctl profile diff` does. */

import { exitCodes } from '../../../errors.ts';
import { type Change, diffProfiles } from '../../../palette/profile/diff/diff.ts';
import type { Profile } from '../../../palette/profile/model.ts';
import type { CommandAction, CommandContext } from '../../command.ts';
import { requireOneStdin } from '../config/read-files.ts';
import { tellFaults } from '../diagnostics-report.ts';
import { openProfile, profilesInvalid } from './checked-profile.ts';

/**
 * Throws OpsError: `profile-invalid` (usage) for one that cannot be read to its end, `stdin-twice` (usage),
 * `profile-unreadable` (refused).
 */
export const profileDiff: CommandAction = async (context, [before, after], options) => {
  const { terminal } = context;
  requireOneStdin([String(before), String(after)]);
  const [old, current] = [await readable(context, String(before)), await readable(context, String(after))];
  const changes = diffProfiles(old, current);
  const same = changes.length === 0;
  if (options.json === true) terminal.out(`${JSON.stringify({ v: 1, same, changes }, null, 2)}\n`);
  else for (const change of changes) terminal.out(`${changeLine(change)}\n`);
  return same ? 0 : exitCodes.usage;
};

/** A profile with faults can be compared, as far as it can be read. */
async function readable({ host, terminal }: CommandContext, given: string): Promise<Profile> {
  const { profile, findings } = await openProfile(host, given);
  if (profile === undefined) throw profilesInvalid(findings);
  tellFaults(
    terminal,
    findings.filter(({ severity }) => severity === 'error'),
  );
  return profile;
}

/** Characters of a value that are shown. */
const longest = 60;

function changeLine({ in: where, name, how, key, before, after }: Change): string {
  const sign = how === 'added' ? '+' : how === 'removed' ? '-' : '~';
  const what = where === 'profile' ? 'profile' : `${where} ${name}`;
  const side = (text: string | null) =>
    text === null ? '' : text.length > longest ? `${text.slice(0, longest)}…` : text;
  if (key === null) return `${sign} ${what} ${side(before ?? after)}`.trimEnd();
  if (how === 'layout') return `${sign} ${what}: ${key}: comments or layout alone`;
  const sides = how === 'changed' ? `${side(before)} → ${side(after)}` : side(before ?? after);
  return `${sign} ${what}: ${key}: ${sides}`;
}
