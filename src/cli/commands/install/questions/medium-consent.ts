/** The question before an ISO is used that nothing verifies: before anything of it is read, let alone run. */
import { refused } from '../../../../errors.ts';
import { mediumDoubt } from '../../../../install/medium/trust.ts';
import type { InstallRequest } from '../../../../install/request.ts';
import type { CommandContext } from '../../../command.ts';
import { type Ask, askAtTerminal, WentBack } from '../../../terminal/ask.ts';
import { wrap } from '../../../terminal/wrap.ts';

const widest = 80;

/**
 * The request with the consent that a person has given. Where nobody can be asked it is the request as it was, which
 * the check refuses. Throws `declined` (refused).
 */
export async function withMediumConsent(
  { terminal, signal }: Pick<CommandContext, 'terminal' | 'signal'>,
  request: InstallRequest,
  json: boolean,
  ask: Ask = askAtTerminal(signal),
): Promise<InstallRequest> {
  const doubt = mediumDoubt(request);
  const asks = terminal.stdinIsTty && !json && !request.silent && !request.dryRun;
  if (doubt === undefined || request.insecure || !asks) return request;
  terminal.err(`${wrap(`${doubt}.`, Math.min(terminal.columns, widest), '')}\n`);
  const agreed = await ask.confirm({ message: 'Use this ISO all the same?' }).catch((error: unknown) => {
    if (error instanceof WentBack) return false;
    throw error;
  });
  if (!agreed) throw refused('declined', 'Not installed: nothing was touched.');
  return { ...request, insecure: true };
}
