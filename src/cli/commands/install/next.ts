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
      : [`Log in as bhojpur by ${either(login)}, ${where(login)}:${logIn(addresses)}`]),
    'See how the configuration was applied: opsctl status',
  ];
  const width = Math.min(columns, widest);
  return [
    'Next:',
    ...steps.map((step, index) => `  ${index + 1}. ${wrapped(step, width).trimStart()}`),
    '',
  ].join('\n');
}

const wrapped = (step: string, width: number) =>
  step
    .split('\n')
    .map((line) => wrap(line.trim(), width, line.startsWith(' ') ? '       ' : '     '))
    .join('\n');

function restartSteps(result: InstallResult): readonly string[] {
  if (result.overLinux === true) return [nextOf(result)];
  const { again, after } = result;
  if (again !== undefined && after !== 'stay') return [unattendedSteps[again][after]];
  const steps: Readonly<Record<InstallResult['after'], readonly string[]>> = {
    stay: ['Remove the medium: the CD or the stick.', 'Restart: sudo systemctl reboot'],
    reboot: ['The machine restarts now: remove the medium, the CD or the stick.'],
    'power-off': ['The machine powers off now: remove the medium, then start it.'],
  };
  return steps[after];
}

/** True of a stick, and of a CD whose drive does not open (removal.ts). */
const unattendedSteps = {
  starts: {
    reboot: 'The machine restarts now. The medium may stay: the same request starts this disk.',
    'power-off':
      'The machine powers off now. Start it again; the medium may stay: the same request starts this disk.',
  },
  installs: {
    reboot: 'The machine restarts now. Remove the medium: bos.install.always installs with every boot.',
    'power-off':
      'The machine powers off now. Remove the medium, then start it: bos.install.always installs with every boot.',
  },
} as const;

/**
 * As a person types it, on a line of its own. The address that a machine gets next time is most likely the same. Its host
 * key is made when it starts for the first time.
 */
const logIn = ([address = 'ADDRESS']: readonly string[]) =>
  `\n  ssh bhojpur@${address}\nIts console shows which address it has then, and its host key.`;

/** A console knows no keys. */
const where = (login: readonly string[]) =>
  login.includes('a password') ? 'at the console or with ssh' : 'with ssh';
