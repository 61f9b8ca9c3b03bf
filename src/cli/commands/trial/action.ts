/** Runs `opsctl trial`. */
import { endTry, judgeTrial } from '../../../runtime/trial/judge.ts';
import type { CommandAction } from '../../command.ts';

export const trial: CommandAction = async ({ host, terminal, signal }, _args, options) => {
  const say = (line: string) => terminal.err(`bos: ${line}\n`);
  if (options.stop === true) {
    if (await endTry(host, '/')) say('this start was on trial and was ended early: it does not count');
    return 0;
  }
  const verdict = await judgeTrial(host, { root: '/', say, signal });
  if (verdict === 'failed') await host.processes.run('systemctl', ['--no-block', 'reboot']);
  return 0;
};
