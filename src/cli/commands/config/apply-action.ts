/** Applies phases of the configuration to this system, for every command that does so. */
import { exitCodes, OpsError, refused } from '../../../errors.ts';
import type { RunPhase } from '../../../runtime/appliers/applier.ts';
import { runPhases } from '../../../runtime/phases/phases.ts';
import type { CommandContext } from '../../command.ts';

/** Those that are named on the command line; runtime when none is. */
export function phasesNamed(options: { readonly initrd?: unknown; readonly boot?: unknown }): RunPhase[] {
  const named = (['initrd', 'boot'] as const).filter((phase) => options[phase] === true);
  return named.length === 0 ? ['runtime'] : named;
}

/**
 * Faults and failures are printed as they come. Returns 0, or `usage` when a source was faulty. Throws
 * `root-required` and `state-unavailable` (refused), `config-incomplete` (broken), and what runPhases throws.
 */
export async function applyPhases(
  { host, terminal, signal }: Pick<CommandContext, 'host' | 'terminal' | 'signal'>,
  phases: readonly RunPhase[],
): Promise<number> {
  if (host.system.uid !== 0) {
    throw refused('root-required', 'Only root can apply the configuration', { hint: 'Run it with sudo.' });
  }
  const { faults, failures, stateFailed } = await runPhases(host, {
    phases,
    root: '/',
    signal,
    print: (line) => terminal.err(`${line}\n`),
  });
  if (stateFailed) {
    throw refused(
      'state-unavailable',
      'BOS_STATE could not be made writable: changes will be lost at the next restart',
      {
        hint: 'The lines above say why. Check the disk and its file system.',
      },
    );
  }
  if (failures > 0) {
    throw new OpsError('broken', 'config-incomplete', 'The configuration was not fully applied', {
      hint: 'The lines above, also in /var/log/bos/config.log, say what failed.',
    });
  }
  return faults > 0 ? exitCodes.usage : 0;
}
