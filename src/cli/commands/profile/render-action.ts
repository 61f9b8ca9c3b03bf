/** What `opsctl profile render` does. */
import { renderExport } from '../../../palette/profile/render/export.ts';
import { renderSource } from '../../../palette/profile/render/source.ts';
import type { CommandAction } from '../../command.ts';
import { checkedProfile } from './checked-profile.ts';
import { printOrWrite } from './print-or-write.ts';

/** Throws OpsError: `profile-invalid` (usage), `profile-unreadable`, `output-exists` (refused). */
export const profileRender: CommandAction = async (context, [given], options) => {
  const { profile, cluster } = await checkedProfile(context, String(given));
  await printOrWrite(
    context,
    options,
    options.as === 'source' ? renderSource(profile, cluster) : renderExport(profile),
  );
  return 0;
};
