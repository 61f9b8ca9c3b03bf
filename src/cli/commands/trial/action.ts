/** Runs `opsctl trial`. */
import { readBootFacts } from '../../../boot/boot-facts.ts';
import { endTry, judgeTrial } from '../../../runtime/trial/judge.ts';
import { showNotice } from '../../../runtime/trial/notice.ts';
import { type Update, updateWhenDue } from '../../../upgrade/loader/due.ts';
import type { CommandAction } from '../../command.ts';

export const trial: CommandAction = async ({ host, terminal, signal }, _args, options) => {
  const say = (line: string) => terminal.err(`bos: ${line}\n`);
  if (options.stop === true) {
    if (await endTry(host, '/')) say('this start was on trial and was ended early: it does not count');
    return 0;
  }
  const verdict = await judgeTrial(host, { root: '/', say, signal });
  if (verdict === 'failed') await host.processes.run('systemctl', ['--no-block', 'reboot']);
  else await showNotice(host, '/', say);
  if (verdict === 'none' || verdict === 'proved') {
    const { os } = await readBootFacts(host, '/');
    const update: Update = async (quiet) => {
      const { updateLoader } = await import('../../../upgrade/loader/update.ts');
      return updateLoader(host, { dryRun: false }, quiet);
    };
    await updateWhenDue(host, '/', os, update, { emit: () => {}, say, signal });
  }
  return 0;
};
