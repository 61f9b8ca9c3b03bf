/** `opsctl trial`: what the service bos-trial runs, once a boot and at its end; for no person to type. */
import type { CommandDefinition } from '../../command.ts';

export const trialCommand: CommandDefinition = {
  name: 'trial',
  summary: 'judge whether a new version that was started on trial has proved itself',
  options: [{ flags: '--stop', help: 'the machine shuts down: a start that was not judged does not count' }],
  examples: [{ line: 'opsctl trial', does: 'Judge the start of this boot:' }],
  load: () => import('./action.ts').then((module) => module.trial),
};
