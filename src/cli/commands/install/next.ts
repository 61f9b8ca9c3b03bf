/** What is left to do after an installation, in the order in which a person does it. Pure. */
import { either } from '../../../config/keys/login.ts';
import type { InstallResult } from '../../../install/run.ts';
import { wrap } from '../../terminal/wrap.ts';

const widest = 80;

/** One sentence, for programs. */
export function nextOf({ installed, after, overLinux, target }: InstallResult): string {
  if (!installed) return 'Run the same command without --dry-run to install.';
  if (after === 'reboot') return 'The machine restarts now.';
  if (after === 'power-off') return 'The machine powers off now.';
  if (overLinux === true) return `Restart the machine and let its firmware start ${target}.`;
  return 'Remove the medium and restart: sudo systemctl reboot';
}

/** The same for a person, with what comes after the restart. */
export function nextSteps(result: InstallResult, columns: number, addresses: readonly string[] = []): string {
  const { installed, login } = result;
  if (!installed) return `${nextOf(result)}\n`;
  const steps = [
    ...restartSteps(result),
    ...(login.length === 0
      ? []
      : [`Log in as bhojpur by ${either(login)}, ${where(login)}${addressNow(addresses)}.`]),
    'See how the configuration was applied: opsctl status',
  ];
  const width = Math.min(columns, widest);
  return [
    'Next:',
    ...steps.map((step, index) => `  ${index + 1}. ${wrap(step, width, '     ').trimStart()}`),
    '',
  ].join('\n');
}

function restartSteps(result: InstallResult): readonly string[] {
  if (result.overLinux === true) return [nextOf(result)];
  const steps: Readonly<Record<InstallResult['after'], readonly string[]>> = {
    stay: ['Remove the medium: the CD or the stick.', 'Restart: sudo systemctl reboot'],
    reboot: ['The machine restarts now: remove the medium, the CD or the stick.'],
    'power-off': ['The machine powers off now: remove the medium, then start it.'],
  };
  return steps[result.after];
}

/** The one that it gets from the network next time is most likely the same. */
const addressNow = ([address]: readonly string[]) =>
  address === undefined ? '' : ` (its address is ${address} now)`;

/** A console knows no keys. */
const where = (login: readonly string[]) =>
  login.includes('a password') ? 'at the console or with ssh' : 'with ssh';
