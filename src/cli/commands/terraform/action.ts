/** What `opsctl terraform` does. */
import { usage } from '../../../errors.ts';
import { isComposed, renderTerraform } from '../../../palette/terraform/render.ts';
import type { CommandAction } from '../../command.ts';
import { checkedProfile } from '../profile/checked-profile.ts';
import { printOrWrite } from '../profile/print-or-write.ts';

/** Throws OpsError: `profile-missing`, `profile-invalid` (usage), `profile-unreadable`, `output-exists` (refused). */
export const terraform: CommandAction = async (context, [given], options) => {
  if (given === undefined)
    throw usage('profile-missing', 'Which profile is not said', {
      hint: 'Name the file of a profile: `opsctl terraform profile.yaml`.',
    });
  const { profile, cluster } = await checkedProfile(context, String(given));
  const text = renderTerraform(profile, cluster);
  await printOrWrite(context, options, text);
  if (!isComposed(text))
    context.terminal.err(
      'warning: some letters are written in parts (Unicode, not in form C); Terraform joins the parts\n',
    );
  return 0;
};
