/**
 * What the service bos-config-try does: applies what is tried and waits until somebody keeps it. However it ends, systemd
 * runs what takes back the rest (ExecStopPost), also when this process is killed.
 */
import { messageOf } from '../../errors.ts';
import { timeText } from '../../formats/time/time-text.ts';
import { withLock } from '../../host/lock.ts';
import type { Host } from '../../host/ports.ts';
import { onePhaseAtATime } from '../phases/phases.ts';
import { watchLogins } from '../reach/ssh-login.ts';
import { reloadPrompts, setPromptNotice } from '../status/prompt-notice.ts';
import { applyTriable } from './apply.ts';
import { keepTry } from './decide.ts';
import { readTry, type TryRecord, triedFile, writeTry } from './record.ts';

const noticeName = 'bos-config-try';
const cursorPath = '/run/bos/try-cursor';
const pauseMs = 2000;

export interface WatchOptions {
  /** `/` in the OS. */
  readonly root: string;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Resolves when it is decided: kept, or to be taken back. Throws the reason of `signal`. */
export async function watchTry(host: Host, { root, say, signal }: WatchOptions): Promise<void> {
  const record = await readTry(host, root);
  // Begun twice, or stopped while it was taken back: there is nothing to wait for.
  if (record?.state !== 'asked' || !(await host.files.exists(triedFile(root, record)))) return;
  // Before anything changes: a login counts that comes after it.
  const logins = await watchLogins(host, root, cursorPath, { fresh: true });
  say(`${record.name} is applied; it is taken back in ${timeText(record.seconds)} unless it is confirmed`);
  const faults = await withLock(host, onePhaseAtATime(root), () => applyTriable(host, root));
  if (faults.length > 0) {
    await writeTry(host, root, { ...record, state: 'failed', reason: faults.join('; ') });
    return;
  }
  await writeTry(host, root, { ...record, state: 'applied' });
  const end = host.clock.monotonic() + record.seconds * 1000;
  await notice(host, root, record);
  try {
    for (;;) {
      signal?.throwIfAborted();
      if ((await readTry(host, root)) === undefined) return;
      const login = await logins.look();
      if (login !== undefined && (await kept(host, root, login, say))) return;
      const left = end - host.clock.monotonic();
      if (left <= 0) return;
      await host.clock.sleep(Math.min(pauseMs, left), signal);
    }
  } finally {
    await notice(host, root, undefined);
  }
}

/** A disk that is full is no reason to keep what nobody has on it: the time goes on. */
async function kept(host: Host, root: string, by: string, say: WatchOptions['say']): Promise<boolean> {
  try {
    const path = await keepTry(host, root);
    if (path !== undefined) say(`confirmed by ${by}: kept as ${path}`);
    return true;
  } catch (error) {
    say(messageOf(error));
    return false;
  }
}

/** Above the login prompts, and shown to whoever logs in. What cannot be shown ends nothing. */
async function notice(host: Host, root: string, record: TryRecord | undefined): Promise<void> {
  const until = record && new Date(host.clock.now() + record.seconds * 1000).toISOString().slice(11, 16);
  const text =
    record &&
    `Network:   ${record.name} is tried until ${until} UTC, then taken back\n` +
      '           to keep it: log in over ssh, or sudo opsctl config confirm\n\n';
  await setPromptNotice(host, root, noticeName, text)
    .then(() => reloadPrompts(host))
    .catch(() => {});
}
