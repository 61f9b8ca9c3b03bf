/** The other choice of `opsctl install`: a live system becomes a node of a cluster; no disk is touched. */
import { refused } from '../../../errors.ts';
import {
  type NodeChoice,
  planLocalFile,
  readLocalFile,
  writeLocalFile,
} from '../../../runtime/appliers/dcp/node-choice.ts';
import type { CommandContext } from '../../command.ts';
import type { Ask } from '../../terminal/ask.ts';
import { applyPhases } from '../config/apply-action.ts';
import { askForNode } from './questions/configure-prompts.ts';

/**
 * Asks, shows the local configuration as it will be, writes it after a yes and applies the runtime phase. Returns
 * the exit code. Throws `config-invalid` (usage) for a local configuration that is faulty, `declined` (refused), and
 * what applying throws.
 */
export async function configureLive(
  context: CommandContext,
  ask: Ask,
  apply: typeof applyPhases = applyPhases,
): Promise<number> {
  const { host, terminal } = context;
  const root = '/';
  // Before anybody answers questions for nothing.
  await readLocalFile(host, root);
  const choice = await askForNode(ask);
  const file = await planLocalFile(host, root, choice);
  const shown = file.shown === '' ? ' empty.\n' : `:\n\n${file.shown.replace(/^(?=.)/gm, '  ')}`;
  terminal.err(`\n${file.path} will be${shown}\n`);
  if (!(await ask.confirm({ message: 'Write it and apply it?' })))
    throw refused('declined', 'Not configured: nothing was written.');
  await writeLocalFile(host, root, file);
  terminal.err('Applying the configuration.\n');
  const code = await apply(context, ['runtime']);
  terminal.out(`${outcome(choice)}\n${next}\n`);
  return code;
}

const outcome = ({ role, serverUrl }: NodeChoice): string =>
  role === 'agent' ? `DCP starts as an agent of ${serverUrl}.` : 'DCP starts as a server.';

const next = `Follow it: journalctl -fu dcp
This is a live system: nothing is kept after a restart. To keep it: sudo opsctl install`;
