/** The trial of a takeover, for people: what is to be done is above every login prompt and shown to whoever logs in. */
import { join } from 'node:path';
import { statePath } from '../../boot/installed-environment.ts';
import type { Confirmation } from '../../boot/menus/takeover-marker.ts';
import { returnedPath } from '../../boot/menus/takeover-menu.ts';
import { timeText } from '../../formats/time/time-text.ts';
import type { Host } from '../../host/ports.ts';
import { reloadPrompts, setPromptNotice } from '../status/prompt-notice.ts';
import { awaitConfirmation } from './confirmation.ts';

const noticeName = 'bos-takeover';

export interface TakeoverTrial {
  readonly root: string;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Takes the line that says when and why the old system is back; beside the files on the state partition when left out. */
  readonly keep?: ((line: string) => Promise<void>) | undefined;
}

/**
 * Resolves with whether the new system was confirmed in time. When it was not, the old system finds the reason beside the
 * takeover's files. Throws the reason of `signal`.
 */
export async function confirmed(
  host: Host,
  wanted: Confirmation,
  { root, say, signal, keep = keepOnState(host, root) }: TakeoverTrial,
): Promise<boolean> {
  const tell = async (secondsLeft: number) => {
    say(`on trial for another ${timeText(secondsLeft)}: ${how(wanted)}`);
    await notice(host, root, noticeOf(secondsLeft, wanted));
  };
  const options = { root, tell, ...(signal && { signal }) };
  const { by, hopeless } = await awaitConfirmation(host, wanted, options);
  await notice(host, root, undefined);
  if (by !== undefined) {
    say(`confirmed by ${by}`);
    return true;
  }
  const reason = hopeless ?? `nobody confirmed the new system within ${timeText(wanted.seconds)}`;
  await giveUp(host, reason, { root, say, keep });
  return false;
}

/** Says why, where the old system finds it, too. */
export async function giveUp(
  host: Host,
  reason: string,
  { root, say, keep = keepOnState(host, root) }: Pick<TakeoverTrial, 'root' | 'say' | 'keep'>,
): Promise<void> {
  say(`${reason}: restarting into the old system`);
  await keep(`${new Date(host.clock.now()).toISOString()} ${reason}\n`);
}

const keepOnState = (host: Host, root: string) => (line: string) =>
  host.files.writeAtomic(join(root, statePath, returnedPath), line, { mode: 0o644 });

const how = ({ url }: Confirmation): string =>
  'log in over ssh, or run "sudo opsctl takeover confirm"' +
  (url === undefined ? '' : `, or have ${url} answer`);

/** For an issue and a motd, of at most 80 columns. */
export const noticeOf = (secondsLeft: number, { url }: Confirmation): string =>
  [
    `Takeover:  on trial for another ${timeText(secondsLeft)}, then the old system returns`,
    '           to keep this one: log in over ssh, or sudo opsctl takeover confirm',
    ...(url === undefined ? [] : [`           or an answer of ${url}`]),
    '\n',
  ].join('\n');

/** What cannot be shown must not end the trial; it is also said on the console. */
async function notice(host: Host, root: string, text: string | undefined): Promise<void> {
  await setPromptNotice(host, root, noticeName, text)
    .then(() => reloadPrompts(host))
    .catch(() => {});
}
