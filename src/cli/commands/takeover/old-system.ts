/** Confirming where nothing is tried any more: in the old system, which has come back or was never left. */
import { returnedPath, takeoverMarkerPath } from '../../../boot/menus/takeover-menu.ts';
import { type OpsError, refused } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';

/** Where the new system lies: on the root, or beside GRUB's files. */
const places = ['', '/boot'];
const longestReason = 200;

/** The refusal that says why the old system runs; undefined where no takeover is prepared. */
export async function oldSystemRefusal({ files }: Host): Promise<OpsError | undefined> {
  for (const place of places) {
    if (!(await files.exists(`${place}/${takeoverMarkerPath}`))) continue;
    const [reason = ''] = (await files.readText(`${place}/${returnedPath}`).catch(() => ''))
      .slice(0, longestReason)
      .split('\n');
    const program = (await files.exists('/boot/grub2')) ? 'grub2-reboot' : 'grub-reboot';
    return refused('takeover-not-tried', 'This is the old system: there is no takeover on trial to confirm', {
      details: reason === '' ? [] : [`the new system was given up: ${reason}`],
      hint: `To try it again: \`sudo ${program} bos-takeover && sudo reboot\`. To give it up: \`sudo rm -r ${place}/bos\`.`,
    });
  }
  return undefined;
}
