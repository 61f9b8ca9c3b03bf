/** How much of a boot menu is read: far more than any has, and little enough for a small machine. */
import { refused } from '../../errors.ts';

export const mostCommands = 40_000;

/** Throws OpsError `menu-too-long` (refused) when there are `count` commands already, and another one comes. */
export function requireRoom(count: number): void {
  if (count < mostCommands) return;
  throw refused('menu-too-long', `A boot menu has more than ${mostCommands} commands`, {
    hint: 'The file is not a menu, or is made to keep its readers busy.',
  });
}
