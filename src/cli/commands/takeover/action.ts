/** What `opsctl takeover confirm` does. */
import { bootFactsPath, readBootFacts } from '../../../boot/boot-facts.ts';
import { takeoverTry } from '../../../boot/trial.ts';
import { refused } from '../../../errors.ts';
import { stamper } from '../../../plan/stamper.ts';
import { confirmedPath } from '../../../runtime/takeover/confirmation.ts';
import { trialEndPath } from '../../../runtime/trial/judge.ts';
import type { CommandAction } from '../../command.ts';
import { requireRoot } from '../upgrade/action.ts';
import { oldSystemRefusal } from './old-system.ts';

const message = 'This system is kept: the old one is deleted now, and the machine restarts.';

export const confirm: CommandAction = async ({ host, terminal }, _args, options) => {
  const isOurs = await host.files.exists(bootFactsPath);
  const refusal = isOurs ? undefined : await oldSystemRefusal(host);
  if (refusal !== undefined) throw refusal;
  const boot = isOurs ? await readBootFacts(host, '/') : undefined;
  if (boot?.try !== takeoverTry || (await host.files.exists(trialEndPath)))
    throw refused('takeover-not-tried', 'No takeover is on trial here', {
      hint: 'A takeover is tried after `opsctl install --takeover` and a restart. There is nothing to do.',
    });
  requireRoot(host);
  await host.files.write(confirmedPath, '', { mode: 0o600 });
  if (options.json === true) {
    const emit = stamper((event) => terminal.out(`${JSON.stringify(event)}\n`), host.clock.now);
    emit({ type: 'result', ok: true, exitCode: 0, message });
  } else terminal.out(`${message}\n`);
};
