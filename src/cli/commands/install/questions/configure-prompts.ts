/** The questions of a node of a cluster, for a live system and for one that is installed. */
import * as checks from '../../../../config/keys/checks.ts';
import type { NodeChoice } from '../../../../runtime/appliers/dcp/node-choice.ts';
import type { Ask } from '../../../terminal/ask.ts';

/** Server or agent, and what each needs. */
export async function askForNode(ask: Ask): Promise<NodeChoice> {
  const role = await ask.select<NodeChoice['role']>({
    message: 'What should this system be?',
    choices: [
      { name: 'A server: a cluster of its own', value: 'server' },
      { name: 'An agent: joins a cluster', value: 'agent' },
    ],
  });
  if (role === 'agent') {
    const serverUrl = await ask.input({
      message: 'Server URL:',
      validate: (value) => serverUrlFault(value) ?? true,
      hint: serverUrlFault,
    });
    const token = await ask.password({
      message: 'Token (a node token or the cluster secret):',
      validate: (value) => tokenFault(value) ?? (value.trim() !== '' || 'An agent needs a token.'),
    });
    return { role, serverUrl: serverUrl.trim(), token: token.trim() };
  }
  const token = await ask.password({
    message: 'Token for agents that join (empty: DCP generates one):',
    validate: (value) => tokenFault(value) ?? true,
  });
  return token.trim() === '' ? { role } : { role, token: token.trim() };
}

/** The key takes http:// too; DCP serves https alone. */
function serverUrlFault(value: string): string | undefined {
  const fault = checks.webUrl(value.trim());
  if (fault !== undefined || !/^https:/i.test(value.trim()))
    return 'Expected an https:// URL, such as https://myserver:6443';
  return undefined;
}

const tokenFault = (value: string): string | undefined =>
  /\p{Cc}/u.test(value.trim()) ? 'Expected one line without control characters.' : undefined;
