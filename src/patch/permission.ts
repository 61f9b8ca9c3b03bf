/** Whether a node may be patched at a moment: its hold and its window. Pure. */

import type { PatchSettings } from '../config/patch/settings.ts';
import { type OpsError, refused } from '../errors.ts';
import { isOpen } from '../formats/time/due.ts';
import { renderTimestamp } from '../formats/time/timestamp.ts';

type Limits = Pick<PatchSettings, 'hold' | 'window' | 'shownWindow' | 'timeZone'>;

/**
 * Why not, as an error (refused): `patch-held`, or `window-closed`, which `passWindow` passes. Undefined when it may. `now`
 * in milliseconds since 1970.
 */
export function refusal(settings: Limits, now: number, passWindow: boolean): OpsError | undefined {
  const { hold, window, shownWindow, timeZone } = settings;
  if (hold === 'always')
    return refused('patch-held', 'Patches of this node are on hold (bos.patch.hold)', {
      hint: 'Take the key out of the configuration, or set it to false.',
    });
  if (hold !== undefined && now < hold)
    return refused(
      'patch-held',
      `Patches of this node are on hold until ${renderTimestamp(hold)} (bos.patch.hold)`,
      {
        hint: 'Take the key out of the configuration, or set it to an earlier time.',
      },
    );
  if (passWindow || isWithin(settings, now)) return undefined;
  return refused('window-closed', 'The window for patches is closed', {
    details: [`bos.patch.window: ${shownWindow}${window?.timeZone === undefined ? ` ${timeZone}` : ''}`],
    hint: 'To patch all the same: opsctl patch --now.',
  });
}

/** Whether the window is open, or there is none. */
export const isWithin = ({ window, timeZone }: Pick<Limits, 'window' | 'timeZone'>, now: number): boolean =>
  window === undefined || isOpen(window, timeZone, now);
