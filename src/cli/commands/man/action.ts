/** Prints the manual page. */
import type { CommandAction, CommandDefinition } from '../../command.ts';
import { manPage } from '../../reference/man.ts';
import { opsctlVersion } from '../../version.ts';

export const man =
  (commands: readonly CommandDefinition[]): CommandAction =>
  async ({ terminal }) => {
    terminal.out(manPage(commands, await opsctlVersion()));
    return 0;
  };
