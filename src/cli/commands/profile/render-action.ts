/** What `opsctl profile render` does. */
import { usage } from '../../../errors.ts';
import { renderExport } from '../../../palette/profile/render/export.ts';
import { renderSource } from '../../../palette/profile/render/source.ts';
import type { CommandAction } from '../../command.ts';
import { checkedProfile } from './checked-profile.ts';
import { printOrWrite } from './print-or-write.ts';

/** Throws OpsError: `json-output`, `profile-invalid` (usage), `profile-unreadable`, `output-exists` (refused). */
export const profileRender: CommandAction = async (context, [given], options) => {
  if (options.json === true && options.output === undefined)
    throw usage('json-output', '--json needs --output: the profile itself takes stdout', {
      hint: 'Add -o FILE, or leave --json out.',
    });
  const { profile, cluster, leftOut } = await checkedProfile(context, String(given));
  const text = options.as === 'source' ? renderSource(profile, cluster) : renderExport(profile);
  const path = await printOrWrite(context, options, text);
  if (options.json === true) context.terminal.out(`${JSON.stringify({ v: 1, path, leftOut }, null, 2)}\n`);
  return 0;
};
