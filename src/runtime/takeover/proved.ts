/** Whether a system that a takeover tries is kept; where it is not, the old system is told why. */
import type { Confirmation } from '../../boot/menus/takeover-marker.ts';
import { timeText } from '../../formats/time/time-text.ts';
import type { Host } from '../../host/ports.ts';
import { confirmed, giveUp, type TakeoverTrial } from './trial.ts';
import { cameUp, upSeconds } from './up.ts';

/** That it has come up, and that it is reached where that was asked for. Throws the reason of `signal`. */
export async function proved(
  host: Host,
  confirm: Confirmation | undefined,
  options: TakeoverTrial,
): Promise<boolean> {
  if (await cameUp(host, options)) return confirm === undefined || confirmed(host, confirm, options);
  await giveUp(host, `the configuration was not applied within ${timeText(upSeconds)}`, options);
  return false;
}
