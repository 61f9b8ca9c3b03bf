/** `opsctl config` as every boot runs it, without what reads other command lines. */
import './older-node.ts';
import { withIoFaults } from '../host/io-fault.ts';
import { linuxHost } from '../host/linux/index.ts';
import type { Terminal } from './command.ts';
import { applyPhases, phasesNamed } from './commands/config/apply-action.ts';
import { failed } from './failure.ts';
import { stopSignal } from './terminal/signals.ts';

/** For the code cache of a bundle (scripts/bundle/rehearse.ts). */
export { linuxHost };
export const loadPhases = () => import('../runtime/phases/phases.ts');

/** `argv` as `isPhases` knows it. Resolves with the exit code and never throws. */
export async function runPhasesNamed(argv: readonly string[], terminal: Terminal): Promise<number> {
  const signal = stopSignal(process, (code) => process.exit(code));
  const host = linuxHost();
  const named = { initrd: argv.includes('--initrd'), boot: argv.includes('--boot') };
  try {
    return await applyPhases({ host: withIoFaults(host), terminal, signal }, phasesNamed(named));
  } catch (error) {
    return failed(error, argv, { terminal, host, signal }, { json: false, verbose: false });
  }
}
