/** Runs `opsctl metadata`. */
import { withIoFaults } from '../../../host/io-fault.ts';
import { askEarly } from '../../../runtime/data-sources/early/ask.ts';
import type { CommandAction } from '../../command.ts';

export const metadata: CommandAction = async ({ host, terminal }) => {
  await askEarly(withIoFaults(host), {
    root: '/',
    // Faults alone go to the console.
    log: ({ level, message }) => {
      if (level === 'info') terminal.out(`${message}\n`);
      else terminal.err(`bos: ${message}\n`);
    },
  });
  return 0;
};
