/** Prints a completion script. */
import { usage } from '../../../errors.ts';
import type { CommandAction, CommandDefinition } from '../../command.ts';
import { bashCompletion } from '../../reference/bash.ts';
import { fishCompletion } from '../../reference/fish.ts';
import { zshCompletion } from '../../reference/zsh.ts';

const shells: Readonly<Record<string, (commands: readonly CommandDefinition[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const completion =
  (commands: readonly CommandDefinition[]): CommandAction =>
  async ({ terminal }, [shell]) => {
    const script = shells[String(shell)];
    if (script === undefined) {
      throw usage('shell-unknown', `Unknown shell ${shell}`, {
        hint: `Use one of ${Object.keys(shells).join(', ')}.`,
      });
    }
    terminal.out(script(commands));
    return 0;
  };
