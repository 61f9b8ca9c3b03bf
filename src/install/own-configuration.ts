/**
 * The runtime phase of the installer's own system, before it installs: its data sources may bring the configuration
 * to install, and its commands may prepare the machine. By itself that phase comes after the installer, which has the
 * terminals that it is ordered behind.
 */
import type { Config } from '../config/config.ts';
import { messageWithDetails } from '../errors.ts';
import type { Host } from '../host/ports.ts';

/** Each command of run_cmd has an hour. */
const timeoutMs = 2 * 60 * 60 * 1000;

/** Whether the command line asks for something that must be over before an installation begins. */
export const hasOwnConfiguration = (commandLine: Config): boolean =>
  (commandLine['bos.data_sources'] ?? []).length > 0 || (commandLine.run_cmd ?? []).length > 0;

/** Applies it, once however many installers wait. A failure is said; the installation then says what is missing. */
export async function applyOwnConfiguration(host: Host, say: (line: string) => void): Promise<void> {
  // sd_booted(3)
  if (!(await host.files.exists('/run/systemd/system'))) return;
  say("Applying this system's own configuration first (bos.data_sources, run_cmd).");
  // Its order, behind the terminals that the installers have, would never be its turn (systemctl(1), --job-mode).
  const args = ['start', '--job-mode=ignore-dependencies', 'bos-config.service'];
  await host.processes.run('systemctl', args, { timeoutMs }).catch((error: unknown) => {
    say(`It was not fully applied: ${messageWithDetails(error)}`);
  });
}
