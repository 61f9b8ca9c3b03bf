/** Before the disks are looked at: what a killed installation has left mounted is released, or offered to be. */
import { refused } from '../../../errors.ts';
import { leftMounted, leftWords, releaseLeft } from '../../../install/leftovers.ts';
import type { InstallRequest } from '../../../install/request.ts';
import type { CommandContext } from '../../command.ts';
import { type Ask, isCtrlC, WentBack } from '../../terminal/ask.ts';

/**
 * Silent: releases and says so. With somebody to `ask`: offers it. Else only says what is mounted, and the check of the
 * disks refuses. Throws `declined`, `install-running` (refused).
 */
export async function settleLeftMount(
  { host, terminal }: Pick<CommandContext, 'host' | 'terminal'>,
  request: Pick<InstallRequest, 'silent' | 'dryRun'>,
  ask: (() => Promise<Ask>) | undefined,
): Promise<void> {
  const device = await leftMounted(host);
  if (device === undefined) return;
  const words = leftWords(device);
  if (request.dryRun || (!request.silent && ask === undefined)) {
    terminal.err(`${words}. An installation with --silent releases it.\n`);
    return;
  }
  if (ask !== undefined && !request.silent) {
    terminal.err(`${words}.\n`);
    const answer = (await ask()).confirm({ message: 'Release it and go on?', default: true });
    const agreed = await answer.catch((error: unknown) => {
      if (error instanceof WentBack || isCtrlC(error)) return false;
      throw error;
    });
    if (!agreed) throw refused('declined', 'Not installed: nothing was touched.');
  }
  await releaseLeft(host);
  if (request.silent) terminal.err(`${words}: released.\n`);
}
