/** The question for a disk, among those that can be taken. */
import { describeDisk } from '../../../../disk/describe.ts';
import { type Choice, carriesData } from '../../../../disk/select/select.ts';
import type { Conversation } from '../../../terminal/way-back.ts';

export interface DiskQuestion {
  readonly choice: Choice;
  /** Why disks are not among those to choose from, a line for each. */
  readonly leftOut: readonly string[];
  /** Somebody has named it already. */
  readonly named: boolean;
  readonly message: string;
}

/**
 * A single disk is taken without asking, and named; the medium and disks in use are not among the choices, and are
 * said to be left out. Enter alone takes no disk with data while there is one without. Resolves with its path, or with
 * undefined when there was nothing to ask.
 */
export async function askAmong(
  ask: Conversation,
  { choice, leftOut, named, message }: DiskQuestion,
): Promise<string | undefined> {
  if (leftOut.length > 0) ask.tell(`Not offered: ${leftOut.join('; ')}.\n`);
  if ('disk' in choice) {
    if (!named) ask.tell(`Disk: ${describeDisk(choice.disk)}.\n`);
    return undefined;
  }
  const harmless = choice.choices.find((disk) => !carriesData(disk));
  const choices = choice.choices.map((disk) => ({
    name: describeDisk(disk),
    short: disk.path,
    value: disk.path,
  }));
  return ask.select({ message, choices, ...(harmless === undefined ? {} : { default: harmless.path }) });
}
