/** The question before an ISO or image is used that nothing verifies: before anything of it is read, let alone run. */
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
  context: Pick<CommandContext, 'terminal' | 'signal'>,
  request: InstallRequest,
  json: boolean,
  ask: Ask = askAtTerminal(context.signal),
): Promise<InstallRequest> {
  const doubt = mediumDoubt(request);
  const asks = context.terminal.stdinIsTty && !json && !request.silent && !request.dryRun;
  if (doubt === undefined || request.insecure || !asks) return request;
  await consentTo(context, doubt, { what: 'ISO', declined: 'Not installed: nothing was touched.' }, ask);
  return { ...request, insecure: true };
}

/** Tells the doubt and asks. Throws `declined` (refused) for a no. */
export async function consentTo(
  { terminal }: Pick<CommandContext, 'terminal'>,
  doubt: string,
  { what, declined }: { readonly what: string; readonly declined: string },
  ask: Pick<Ask, 'confirm'>,
): Promise<void> {
  terminal.err(`${wrap(`${doubt}.`, Math.min(terminal.columns, widest), '')}\n`);
  const message = `Use this ${what} all the same?`;
  const agreed = await ask.confirm({ message }).catch((error: unknown) => {
    if (error instanceof WentBack) return false;
    throw error;
  });
  if (!agreed) throw refused('declined', declined);
}
