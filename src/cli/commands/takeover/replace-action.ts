/**
 * Finishes a takeover in the system that runs from memory: what would keep it from installing is found before anybody is
 * waited for, and ends in the old system; once it is confirmed, the disk is erased and installed to.
 */

import { takeoverMarkerPath } from '../../../boot/menus/takeover-menu.ts';
import { parseReplaceMarker, type ReplaceMarker } from '../../../boot/replace-menu.ts';
import { probeMachine } from '../../../disk/probe/probe.ts';
import { messageOf } from '../../../errors.ts';
import { prepareInstall } from '../../../install/prepare.ts';
import { type InstallRequest, requestOf } from '../../../install/request.ts';
import { finish as finishMachine, install } from '../../../install/run.ts';
import { readHostKeys } from '../../../install/takeover/carry/read-logins.ts';
import { sshdSettings } from '../../../install/takeover/carry/sshd-settings.ts';
import { withHostKeys } from '../../../install/takeover/replace/with-host-keys.ts';
import { signOfLife } from '../../../runtime/takeover/alive.ts';
import { proved } from '../../../runtime/takeover/proved.ts';
import { diskToReplace, tellOldSystem } from '../../../runtime/takeover/replace.ts';
import { giveUp } from '../../../runtime/takeover/trial.ts';
import { trialEndPath } from '../../../runtime/trial/judge.ts';
import type { CommandContext } from '../../command.ts';
import { shown } from '../../render/shown.ts';

const root = '/';

/** What looking at the machine and at the configuration may take. */
const lookSeconds = 300;

/** The medium in memory has it with all the rest of what was put beside the old boot loader. */
const configPath = '/bos/system/config.yaml';

/** Resolves with the exit code. Throws what an installation does, after the confirmation. */
export async function finishReplace(context: CommandContext): Promise<number> {
  const { host, terminal, signal } = context;
  const say = (line: string) => terminal.err(`bos: takeover: ${line}\n`);
  const marker = parseReplaceMarker(await host.files.readText(`/${takeoverMarkerPath}`));
  const keep = (line: string) =>
    tellOldSystem(host, root, marker, line).catch((error) =>
      say(`the old system cannot be told why: ${messageOf(error)}`),
    );
  let request: InstallRequest;
  await signOfLife(host, root, lookSeconds);
  try {
    request = requestFor(marker, await diskToReplace(host, root, marker));
    await prepareInstall(host, request, await probeMachine(host, {}));
  } catch (error) {
    const reason = `the new system cannot be installed: ${messageOf(error)}`.replaceAll('\n', ' ');
    await giveUp(host, reason, { root, say, keep });
    await finishMachine(host, 'reboot');
    return 0;
  }
  if (await proved(host, marker.confirm, { root, say, signal, keep }))
    await replace(context, request, { marker, say });
  else await finishMachine(host, 'reboot');
  return 0;
}

function requestFor({ request }: ReplaceMarker, device: string): InstallRequest {
  const { tty, debug, allowNoLogin, allowWarnings } = request;
  const flags = { silent: true, wipe: true, config: configPath, debug, allowNoLogin, allowWarnings };
  return requestOf({ device }, { ...flags, ...(tty !== undefined && { tty }) }, {});
}

/** Looks at the machine once more: minutes have passed. */
async function replace(
  { host, terminal, signal }: CommandContext,
  request: InstallRequest,
  { marker, say }: { readonly marker: ReplaceMarker; readonly say: (line: string) => void },
): Promise<void> {
  // From here on nothing leads back: neither a watchdog nor what hangs may end in a restart.
  await host.files.write(trialEndPath, '');
  // Whoever has logged in to confirm it finds the same machine on the disk.
  const keys = marker.after === 'power-off' ? [] : await readHostKeys(host, await sshdSettings(host));
  say(`all of ${request.device} is erased, and Bhojpur OS is installed there`);
  await shown({ host, terminal }, { json: false, verbose: request.debug }, async (emit) => {
    const facts = await probeMachine(host, {});
    const prepared = await prepareInstall(host, request, facts);
    const agreed = { ...prepared, plan: withHostKeys(prepared.plan, keys) };
    await install(host, request, facts, { emit, signal, say, agreed });
  });
  say(`Bhojpur OS is installed on ${request.device}`);
  await finishMachine(host, marker.after);
}
